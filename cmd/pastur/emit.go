package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"pastur/internal/shell"
	"pastur/shard"
)

//go:embed emit/*.tmpl
var emitFiles embed.FS

// schedulers are the targets of emit, with their templates.
var schedulers = map[string]string{"slurm": "slurm.sh.tmpl", "parallel": "parallel.sh.tmpl", "kubernetes": "kubernetes.yaml.tmpl"}

func newEmit() *cobra.Command {
	var o emitOptions
	cmd := &cobra.Command{
		Use:   "emit slurm|parallel|kubernetes PLAN.json --shards N",
		Short: "Write the script that computes a plan with a scheduler",
		Long: `Write what computes a plan in shards:

  slurm       an sbatch script: an array that checkpoints and queues itself again
              before its time limit and when it is preempted; "bash FILE submit"
              submits it and the merge that follows
  parallel    a script for GNU parallel, with a job log, and the merge
  kubernetes  an Indexed Job that mounts a volume at /data

docs/scale.md walks through each. pastur plan --calibrate advises on the number
of shards; they should take minutes.`,
		Example: `  pastur emit slurm plan.json --shards 16 --out sweep.sh
  pastur emit parallel plan.json --shards 8 --dir /shared/sweep
  pastur emit kubernetes plan.json --shards 16 --image registry.example/pastur:1 --volume results`,
		RunE: func(cmd *cobra.Command, args []string) error { return emit(cmd, args, &o) },
	}
	flags := cmd.Flags()
	flags.IntVar(&o.Shards, "shards", 0, "number of shards")
	flags.StringVar(&o.Dir, "dir", "", "folder of the chunk records (default: the plan's name without .json)")
	flags.StringVar(&o.file, "out", "-", "file to write, whole or not at all; - is standard output")
	flags.IntVar(&o.Looks, "looks", 0, "compute the first so many looks (default all)")
	flags.IntVar(&o.CPUs, "cpus", 1, "processors a shard")
	flags.StringVar(&o.Time, "time", "", "slurm: time limit of a shard, as sbatch takes it")
	flags.IntVar(&o.maxArray, "max-array-size", 1001, "slurm: the cluster's MaxArraySize (scontrol show config)")
	flags.IntVar(&o.Jobs, "jobs", 0, "parallel, kubernetes: shards at a time (default: processors; all)")
	flags.StringVar(&o.Image, "image", "pastur", "kubernetes: image whose PATH has pastur")
	flags.StringVar(&o.Volume, "volume", "pastur", "kubernetes: name of the persistent volume claim")
	return cmd
}

// emitOptions are what a template can show.
type emitOptions struct {
	Shards, Looks, CPUs, Jobs int
	Dir, Time, Image, Volume  string
	file                      string
	maxArray                  int

	Plan, Hash, Self, Log, Name string
}

// Last is the index of the last shard.
func (o *emitOptions) Last() int { return o.Shards - 1 }

var (
	slurmTime = regexp.MustCompile(`^(\d+-)?\d+(:\d+){0,2}$`)
	notName   = regexp.MustCompile(`[^a-z0-9]+`)

	// imageReference is the grammar of the OCI distribution project (package
	// reference): [host[:port]/]path[:tag][@digest].
	imageReference = func() *regexp.Regexp {
		const (
			host   = `[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?`
			domain = `(?:` + host + `(?:\.` + host + `)*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?`
			part   = `[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`
			tag    = `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`
			digest = `[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}`
		)
		return regexp.MustCompile(`^(?:` + domain + `/)?` + part + `(?:/` + part + `)*(?::` + tag + `)?(?:@` + digest + `)?$`)
	}()

	// volumeName is a DNS subdomain (RFC 1123), as Kubernetes names claims.
	volumeName = regexp.MustCompile(`^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$`)
)

func emit(cmd *cobra.Command, args []string, o *emitOptions) error {
	switch {
	case len(args) == 0:
		return errors.New("emit needs a scheduler and a plan: pastur emit slurm|parallel|kubernetes PLAN.json --shards N")
	case schedulers[args[0]] == "":
		return fmt.Errorf("unknown scheduler %q: want slurm, parallel or kubernetes", args[0])
	case len(args) == 1:
		return fmt.Errorf("emit %[1]s needs a plan: pastur emit %[1]s PLAN.json --shards N", args[0])
	case len(args) > 2:
		return fmt.Errorf("emit %s takes one plan, got the argument %q besides", args[0], args[2])
	}
	out := output{format: "text", file: o.file, flag: "--out"}
	if err := out.check(); err != nil {
		return err
	}
	plan, err := shard.ReadPlan(args[1])
	if err != nil {
		return err
	}
	if err := o.check(cmd, args[0], plan); err != nil {
		return err
	}
	o.Plan, o.Hash = args[1], plan.Hash[:12]
	if o.Dir == "" {
		o.Dir = strings.TrimSuffix(args[1], filepath.Ext(args[1]))
	}
	if o.Dir == o.Plan {
		return fmt.Errorf("--dir is missing: %s would be the name of the plan and of the folder", o.Plan)
	}
	o.Log = filepath.Join(o.Dir, "parallel.log")
	o.Self = filepath.Base(o.file)
	if o.file == "-" {
		o.Self = args[0] + ".sh"
	}
	o.Name = strings.Trim("pastur-"+notName.ReplaceAllString(strings.ToLower(filepath.Base(o.Dir)), "-"), "-")
	o.Name = strings.Trim(o.Name[:min(len(o.Name), 52)], "-") // pods add an index and a suffix to at most 63
	file := schedulers[args[0]]
	t, err := template.New(file).Funcs(template.FuncMap{"quote": shell.Word, "json": jsonText}).ParseFS(emitFiles, "emit/"+file)
	if err != nil {
		return err
	}
	return out.writeWith(cmd, func(w io.Writer) error { return t.Execute(w, o) })
}

func (o *emitOptions) check(cmd *cobra.Command, scheduler string, plan *shard.Plan) error {
	var err error
	switch looks := o.Looks; {
	case !cmd.Flags().Changed("shards"):
		return errors.New("--shards is missing: want the number of shards; pastur plan --calibrate advises on it")
	case o.Shards < 1 || o.Shards > shard.MostParts:
		return fmt.Errorf("--shards must be from 1 to %d, got %d", shard.MostParts, o.Shards)
	case scheduler == "slurm" && o.Shards > o.maxArray-1:
		return fmt.Errorf("--shards must be below MaxArraySize, %d, got %d: make fewer shards, or give --max-array-size if scontrol show config says more", o.maxArray, o.Shards)
	case o.CPUs < 1 || o.CPUs > 4096:
		return fmt.Errorf("--cpus must be from 1 to 4096, got %d", o.CPUs)
	case o.Jobs < 0:
		return fmt.Errorf("--jobs must be at least 1, got %d", o.Jobs)
	case o.Time != "" && !slurmTime.MatchString(o.Time):
		return fmt.Errorf("--time must be as sbatch takes it (minutes, h:m:s, days-h:m:s), got %q", o.Time)
	case scheduler == "kubernetes" && !imageReference.MatchString(o.Image):
		return fmt.Errorf("--image must be an image's name such as registry.example/pastur:1 or pastur@sha256:..., got %q", o.Image)
	case scheduler == "kubernetes" && (!volumeName.MatchString(o.Volume) || len(o.Volume) > 253):
		return fmt.Errorf("--volume must be the name of a claim: lower-case letters, digits, - and ., at most 253, got %q", o.Volume)
	case strings.ContainsAny(o.Dir+plan.Suite.Name, "\n\r"):
		return errors.New("--dir must be one line")
	default:
		_, err = checkLooks(cmd, looks, plan)
	}
	return err
}

// jsonText makes a string one scalar of YAML, of which JSON is a part.
func jsonText(s string) (string, error) {
	text, err := json.Marshal(s)
	return string(text), err
}
