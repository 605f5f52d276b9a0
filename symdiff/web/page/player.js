// What every animation on the page has in common: the clock, and the picture of bars, dots and a curve.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const CALM = 1000; // milliseconds between two pictures for those who want no motion

// Mean and standard deviation of a density given at places, as text.
function moments(places, density) {
  let total = 0, first = 0, second = 0;
  places.forEach((x, i) => { const w = Math.max(0, density[i]) * (i ? x - places[i - 1] : places[1] - x); total += w; first += w * x; second += w * x * x; });
  if (!(total > 0)) return "nothing";
  const mean = first / total, spread = Math.sqrt(Math.max(0, second / total - mean * mean));
  return `mean ${mean.toPrecision(3)}, standard deviation ${spread.toPrecision(3)}`;
}

// Round numbers, about as many, between two values.
function ticks(from, to, many) {
  const rough = (to - from) / many, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  const found = [];
  for (let n = Math.ceil(from / step); n * step <= to; n++) found.push(Number((n * step).toPrecision(6)));
  return found;
}

// A sentence in lines that are no wider than this.
function folded(context, text, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && context.measureText(longer).width > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

// Play, pause and the frames a second; a kind of animation says what one frame is, when it is over, and how it is drawn.
export class Player {
  constructor(canvas, output, onState) {
    Object.assign(this, { canvas, output, onState, count: 100000, running: false, data: null });
    this.context = canvas.getContext("2d");
    canvas.player = this;
  }

  scene(data) {
    this.data = data;
    this.prepare();
    this.restart();
  }

  walkers(count) {
    this.count = count;
    this.restart();
  }

  toggle() {
    if (!this.data) return;
    if (!this.running && this.over()) this.restart();
    this.running = !this.running;
    this.onState(this.running);
    if (!this.running) this.describe();
    if (this.running) { this.last = performance.now(); this.frames = 0; requestAnimationFrame((t) => this.frame(t)); }
  }

  stop() {
    this.running = false;
  }

  frame(time) {
    if (!this.running || !this.canvas.isConnected) return;
    if (this.over()) { this.running = false; this.draw(); this.describe(); this.onState(false); return; }
    this.advance();
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.draw();
    else if (!(time - this.drawn < CALM)) { this.draw(); this.drawn = time; }
    this.frames += 1;
    if (time - this.last > 1000) { this.output.textContent = `${Math.round((this.frames * 1000) / (time - this.last))} frames a second`; this.last = time; this.frames = 0; }
    requestAnimationFrame((t) => this.frame(t));
  }

  // The picture in words, for those who do not see it.
  describe() {
    const { places, bars, dots, grid, curve, captions } = this.picture ?? {};
    if (!places) return;
    this.label ??= this.canvas.getAttribute("aria-label");
    const [walk, law] = this.label.split(/, | and /);
    const parts = [`${walk}: ${moments(places, bars)}`, ...(dots ? [`${law}: ${moments(places, dots)}`] : []), curve ? `the equation: ${moments(grid, curve)}` : "no curve"];
    this.canvas.setAttribute("aria-label", `${this.label}. ${captions.join("; ")}. ${parts.join("; ")}`);
  }

  // Rows of numbers at the times of the scene, `first` at time zero, between them on straight lines; null after the last row.
  between(first, rows, now) {
    const { times } = this.data, after = times.findIndex((t) => t * (1 + 1e-6) >= now);
    if (after < 0 || after >= rows.length) return null;
    const before = after ? rows[after - 1] : first, t = after ? times[after - 1] : 0;
    if (!before) return rows[after].map((v) => v);
    const share = Math.min(1, (now - t) / (times[after] - t));
    return rows[after].map((v, i) => v * share + before[i] * (1 - share));
  }

  // Bars (walkers), dots (law) and a curve over places from low to high, up to the height `top`; captions from the upper right corner.
  plot({ low, high, top, places, bars, bar, dots, grid, curve, captions }) {
    const { context: c, canvas } = this;
    this.picture = { places, bars, dots, grid, curve, captions };
    const scale = window.devicePixelRatio || 1, w = canvas.clientWidth || 960, h = canvas.clientHeight || (w * 9) / 16;
    if (canvas.width !== Math.round(w * scale)) [canvas.width, canvas.height] = [Math.round(w * scale), Math.round(h * scale)];
    c.setTransform(scale, 0, 0, scale, 0, 0);
    const [size, step] = w < 500 ? [11, 15] : [13, 20];
    c.font = `${size}px system-ui, sans-serif`;
    const lines = captions.flatMap((text) => folded(c, text, w - 48)), head = 12 + step * lines.length; // the law stays below its captions
    const x = (v) => 40 + ((w - 60) * (v - low)) / (high - low), y = (v) => h - 34 - ((h - 34 - head) * v) / (top * 1.02 || 1);
    const width = Math.max(1, ((w - 60) / (high - low)) * bar), inside = (v) => v >= low && v <= high;
    c.clearRect(0, 0, w, h);
    c.fillStyle = css("--walk");
    c.globalAlpha = 0.45;
    places.forEach((v, j) => { if (bars[j] && inside(v)) c.fillRect(x(v) - width / 2, y(bars[j]), width, h - 34 - y(bars[j])); });
    c.globalAlpha = 1;
    if (curve) {
      c.strokeStyle = css("--curve");
      c.lineWidth = 2.5;
      c.beginPath();
      grid.forEach((v, i) => { if (inside(v)) c.lineTo(x(v), y(Math.max(0, curve[i]))); });
      c.stroke();
    }
    const dot = Math.min(3, Math.max(1, width * 0.6));
    c.fillStyle = css("--law");
    if (dots) places.forEach((v, j) => { if (dots[j] > 0 && inside(v)) { c.beginPath(); c.arc(x(v), y(dots[j]), dot, 0, 7); c.fill(); } });
    c.strokeStyle = css("--faint");
    c.lineWidth = 1;
    c.strokeRect(40, h - 34, w - 60, 0);
    c.fillStyle = css("--faint");
    c.textAlign = "center";
    for (const v of ticks(low, high, Math.max(5, w / 150))) c.fillText(v, x(v), h - 12);
    c.textAlign = "right";
    lines.forEach((text, n) => c.fillText(text, w - 24, step * (n + 1)));
  }
}
