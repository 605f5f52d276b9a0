// Walkers with a continuous internal state: a direction or a number that moves, is renewed, and sets velocities and steps.
import { Flights } from "./flights.js";
import { drawn, normal } from "./laws.js";

// A function of the internal state from its coefficients: of 1, cos, sin for an angle, else of its powers.
function polynomial(c, kind) {
  if (!c.some((v) => v)) return null;
  if (kind === "angle" && !c[2]) return (u) => c[0] + (c[1] ?? 0) * Math.cos(u);
  if (kind === "angle") return (u) => c[0] + (c[1] ?? 0) * Math.cos(u) + (c[2] ?? 0) * Math.sin(u);
  if (c.length === 2) return (u) => c[0] + c[1] * u;
  return (u) => c.reduceRight((sum, v) => sum * u + v, 0);
}

// The component of a direction in space after a turn by an angle of this cosine about a random axis.
function turned(u, cosine) {
  const side = Math.sqrt(Math.max(0, (1 - u * u) * (1 - cosine * cosine))) * Math.cos(2 * Math.PI * Math.random());
  return Math.max(-1, Math.min(1, u * cosine + side));
}

export class Inner extends Flights {
  prepare() {
    super.prepare();
    const { inner, tables } = this.data, { kind } = inner;
    for (const row of this.ways) for (const way of row) Object.assign(way, { shiftOf: polynomial(way.shift, kind), stretchOf: polynomial(way.stretch, kind) });
    this.velocityOf = inner.velocities.map((c) => polynomial(c, kind));
    this.lawOf = inner.law && drawn(inner.law, tables);
    this.startOf = inner.start && drawn(inner.start, tables);
    this.pull = polynomial(inner.drift, kind === "angle" ? "number" : kind);
    this.moving = Boolean(this.pull || inner.diffusivity);
  }

  restart() {
    if (!this.data) return;
    const { count, data } = this, { kind, walls, rate } = data.inner;
    this.inside = new Float64Array(count);
    this.renewal = new Float64Array(count).fill(Infinity); // the time until the next one
    for (let i = 0; i < count; i++) {
      const u = Math.random();
      this.inside[i] = this.startOf ? this.startOf() : walls ? walls[0] + (walls[1] - walls[0]) * u : kind === "angle" ? 2 * Math.PI * u : 2 * u - 1;
      if (rate) this.renewal[i] = -Math.log(1 - Math.random()) / rate;
    }
    super.restart();
  }

  renew(i) {
    const { kind, turn } = this.data.inner, [size, angle] = turn, u = Math.random();
    if (this.lawOf) this.inside[i] = this.lawOf();
    else if (kind === "angle") this.inside[i] += angle + 2 * Math.atan(((1 - size) / (1 + size)) * Math.tan(Math.PI * (u - 0.5)));
    else if (kind === "axis") this.inside[i] = turned(this.inside[i], Math.abs(size) < 1e-9 ? 2 * u - 1 : (1 + size * size - ((1 - size * size) / (1 - size + 2 * size * u)) ** 2) / (2 * size));
  }

  // The internal state after a short time of its own motion.
  moved(u, time) {
    const { kind, diffusivity, walls, drift } = this.data.inner, kick = diffusivity ? Math.sqrt(2 * diffusivity * time) * normal() : 0;
    if (kind === "angle") return u + drift[0] * time + kick;
    if (kind === "axis") { // a von Mises-Fisher turn with the mean cosine e^(-2Dt) of diffusion
      const sharp = 1 / -Math.expm1(-2 * diffusivity * time), v = Math.random();
      return turned(u, Math.max(-1, 1 + Math.log(v + (1 - v) * Math.exp(-2 * sharp)) / sharp));
    }
    if (walls) {
      const [low, high] = walls, span = high - low, at = Math.abs((u + kick - low) % (2 * span));
      return low + (at > span ? 2 * span - at : at);
    }
    if (!this.pull) return u + kick;
    const first = this.pull(u);
    return u + ((first + this.pull(u + first * time + kick)) / 2) * time + kick;
  }

  // The mean velocity of a short time: half the sum of both ends, and exactly that of the arc where a direction turns.
  mean(s, before, after, time) {
    const { kind, drift, velocities } = this.data.inner;
    if (kind !== "angle" || !drift[0]) return (before + after) / 2;
    const half = (drift[0] * time) / 2, rest = velocities[s][0];
    return rest + ((before + after) / 2 - rest) * (Math.tan(half) / half);
  }

  move(i, time) {
    const { data, inside, renewal, place } = this, s = this.state[i], d = data.diffusivities[s], velocity = this.velocityOf[s], least = 1e-12 * data.tick;
    for (let left = time; left > least; ) {
      const h = Math.min(left, renewal[i], this.moving ? data.inner.fine : Infinity), before = velocity ? velocity(inside[i]) : 0;
      if (this.moving) inside[i] = this.moved(inside[i], h);
      if (velocity) place[i] += this.moving ? this.mean(s, before, velocity(inside[i]), h) * h : before * h;
      left -= h;
      if ((renewal[i] -= h) > 0) continue;
      this.renew(i);
      renewal[i] = -Math.log(1 - Math.random()) / data.inner.rate;
    }
    if (d) place[i] += Math.sqrt(2 * d * time) * normal();
  }

  land(i, way) {
    const first = this.data.step || this.data.inner.waits;
    if (way.renews && first) this.renew(i);
    const u = this.inside[i];
    this.place[i] += (way.shiftOf ? way.shiftOf(u) : 0) + (way.length && way.stretchOf ? way.stretchOf(u) * way.length() : 0);
    if (way.renews && !first) this.renew(i);
  }
}
