package reports

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/png"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// chromium opens a page in a headless browser and returns what it prints and
// what it complains about. Without a browser the test is skipped, or fails if
// PASTUR_REQUIRE_CHROMIUM=1, as in CI.
func chromium(t *testing.T, page string, args ...string) (stdout, console string) {
	t.Helper()
	var browser string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		if os.Getenv("PASTUR_REQUIRE_CHROMIUM") == "1" {
			t.Fatal("no chromium: apt-get install chromium")
		}
		t.Skip("no chromium")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	args = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--user-data-dir=" + t.TempDir(), "--enable-logging=stderr", "--v=0",
	}, args...)
	cmd := exec.CommandContext(ctx, browser, append(args, page)...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	if e := cmd.Run(); e != nil {
		t.Fatalf("chromium: %v\n%s", e, err.String())
	}
	for line := range strings.Lines(err.String()) {
		if strings.Contains(line, "CONSOLE") {
			console += line
		}
	}
	return out.String(), console
}

// writePage writes a page and returns its address.
func writePage(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "verdicts.html")
	if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: file}).String()
}

// shownClaims returns the claims whose rows, and those whose articles, a dumped
// page shows.
func shownClaims(dom string) (rows, articles []string) {
	for _, m := range regexp.MustCompile(`<(tr|article)[^>]* data-claim="([^"]*)"[^>]*>`).FindAllStringSubmatch(dom, -1) {
		if strings.Contains(m[0], ` hidden=""`) {
			continue
		}
		if m[1] == "tr" {
			rows = append(rows, m[2])
		} else {
			articles = append(articles, m[2])
		}
	}
	return rows, articles
}

func TestPageInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	address := writePage(t, page(t, samplePage()))
	all := []string{"passes", "fails", "open", "breaks", "exact-zero"}
	for _, c := range []struct {
		query, count string
		want         []string
	}{
		{"?status=PASS&q=LIMIT+p_1", "1 of 5 claims shown", []string{"passes"}},
		{"?q=no+such+claim", "0 of 5 claims shown", nil},
		{"?status=FAIL#claim-open", "5 of 5 claims shown", all}, // a link to a hidden claim shows it
	} {
		t.Run(c.query, func(t *testing.T) {
			t.Parallel()
			dom, console := chromium(t, address+c.query, "--dump-dom")
			if console != "" {
				t.Errorf("the console is not empty: %s", console)
			}
			rows, articles := shownClaims(dom)
			if !slices.Equal(rows, c.want) || !slices.Equal(articles, c.want) {
				t.Errorf("rows %v, articles %v, want %v", rows, articles, c.want)
			}
			if !strings.Contains(dom, ">"+c.count+"</output>") {
				t.Errorf("no %q in the live region", c.count)
			}
			if strings.Contains(dom, `<p id="none" hidden="">`) != (len(c.want) > 0) {
				t.Error("the notice that nothing matches is wrong")
			}
		})
	}
	// Typing and choosing filter too; what can be reached by Tab is in order.
	t.Run("events", func(t *testing.T) {
		t.Parallel()
		driver := `<script>
const act = (id, value, event) => { const e = document.getElementById(id); e.value = value; e.dispatchEvent(new Event(event)); };
const shown = () => [...document.querySelectorAll("tbody tr[data-claim]:not([hidden])")].map(r => r.dataset.claim).join(" ");
const log = [];
act("text", "rate", "input"); log.push(shown());
act("text", "", "input"); act("status", "PASS", "change"); log.push(shown());
act("status", "", "change"); log.push(shown());
log.push([...document.querySelectorAll("a, select, input")].slice(0, 4).map(e => e.id || e.className || e.textContent).join(" "));
log.push([...document.querySelectorAll("math")].filter(m => m.getBoundingClientRect().width > 0).length > 2);
log.push(performance.getEntriesByType("resource").length);
const pre = document.createElement("pre"); pre.id = "log"; pre.textContent = log.join("|"); document.body.append(pre);
</script></body>`
		text := page(t, samplePage())
		text = regexp.MustCompile(`<meta http-equiv[^>]*>`).ReplaceAllString(text, "")
		dom, console := chromium(t, writePage(t, strings.Replace(text, "</body>", driver, 1)), "--dump-dom")
		want := `<pre id="log">breaks|passes exact-zero|passes fails open breaks exact-zero|skip status text passes|true|0</pre>`
		if !strings.Contains(dom, want) || console != "" {
			t.Errorf("no %s in\n%s\nconsole: %s", want, dom[strings.LastIndex(dom, "</article>"):], console)
		}
	})
	// The test sees what it guards against: an image from outside, and a script
	// that the policy does not allow, which then filters nothing.
	t.Run("planted", func(t *testing.T) {
		t.Parallel()
		broken := strings.Replace(page(t, samplePage()), `<body>`, `<body><img alt="" src="https://example.invalid/x.png">`, 1)
		broken = strings.Replace(broken, "let shown = 0;", "let shown = 00;", 1)
		dom, console := chromium(t, writePage(t, broken)+"?status=FAIL", "--dump-dom")
		if rows, _ := shownClaims(dom); len(rows) != 5 || strings.Count(console, "CONSOLE") < 2 {
			t.Errorf("planted errors are not seen: %v %q", rows, console)
		}
	})
	// Light and dark differ as they should, and neither is blank.
	t.Run("themes", func(t *testing.T) {
		t.Parallel()
		light, dark := brightness(t, address, 1), brightness(t, address, 0)
		if light < 0.8 || light > 0.995 || dark > 0.3 || dark < 0.04 {
			t.Errorf("mean brightness %.3f in light, %.3f in dark", light, dark)
		}
	})
}

// brightness returns the mean grey value of a screenshot; scheme 0 prefers dark.
func brightness(t *testing.T, address string, scheme int) float64 {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.png")
	chromium(t, address, "--window-size=1000,1400", fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme), "--screenshot="+file)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	sum, n := 0.0, 0
	b := picture.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 3 {
		for x := b.Min.X; x < b.Max.X; x += 3 {
			red, green, blue, _ := picture.At(x, y).RGBA()
			sum += float64(red+green+blue) / (3 * 0xffff)
			n++
		}
	}
	return sum / float64(n)
}

// Text has a contrast of at least 4.5 to 1 with its ground in both themes (WCAG
// 2.1, 1.4.3), the marks of the figures 3 to 1 (1.4.11).
func TestPageContrast(t *testing.T) {
	themes := regexp.MustCompile(`:root \{([^}]*)\}`).FindAllStringSubmatch(pageCSS, -1)
	luminance := func(hex string) float64 {
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		v, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		channel := func(shift int) float64 {
			c := float64(v>>shift&0xff) / 255
			if c <= 0.03928 {
				return c / 12.92
			}
			return math.Pow((c+0.055)/1.055, 2.4)
		}
		return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
	}
	for _, theme := range themes[:2] {
		colour := map[string]string{}
		for _, m := range regexp.MustCompile(`--([\w-]+): #(\w+)`).FindAllStringSubmatch(theme[1], -1) {
			colour[m[1]] = m[2]
		}
		contrast := func(a, b string) float64 {
			x, y := luminance(colour[a]), luminance(colour[b])
			return (max(x, y) + 0.05) / (min(x, y) + 0.05)
		}
		for _, c := range []struct {
			a, b string
			want float64
		}{
			{"ink", "ground", 4.5}, {"quiet", "ground", 4.5}, {"link", "ground", 4.5}, {"ink", "panel", 4.5}, {"quiet", "panel", 4.5},
			{"pass", "pass-ground", 4.5}, {"fail", "fail-ground", 4.5}, {"open", "open-ground", 4.5}, {"error", "error-ground", 4.5}, {"open", "ground", 4.5},
			{"mark", "good", 3}, {"mark", "bad", 3}, {"mark", "ground", 3}, {"bad-line", "bad", 2.5},
		} {
			if got := contrast(c.a, c.b); got < c.want {
				t.Errorf("%s on %s: contrast %.2f, want %.1f", c.a, c.b, got, c.want)
			}
		}
	}
}
