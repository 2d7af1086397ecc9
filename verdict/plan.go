package verdict

import "pastur/replicate"

// Filled returns a copy of the claim with every default filled in. It panics
// if Validate reports an error.
func (c *Claim) Filled() *Claim {
	filled, err := c.withDefaults()
	if err != nil {
		panic("verdict: " + err.Error())
	}
	return &filled
}

// FirstLook returns the number of replicates of the cell's first look: First
// rounded up to whole chunks.
func (cell *Cell) FirstLook() int { return cell.chunks(1) * cell.Chunk }

// Plan returns the claim's plan: every cell with its full budget. It panics if
// Validate reports an error.
func (c *Claim) Plan(seed uint64) replicate.Plan {
	filled := c.Filled()
	plan := replicate.Plan{Seed: seed}
	for i := range filled.Cells {
		cell := &filled.Cells[i]
		plan.Cells = append(plan.Cells, replicate.PlanCell{
			Key: filled.key(cell), ChunkSize: cell.Chunk, Chunks: cell.chunks(filled.Looks),
		})
	}
	return plan
}
