// Walkers with a continuous internal state: a direction or a number that moves, is renewed, and sets velocities and steps.
import { Flights } from "./flights.js";
import { cosine, drawn, normal, uniform } from "./laws.js";

// A function of the internal state from its coefficients: of 1, cos, sin for an angle (which are one cosine), else of its powers.
function polynomial(c, kind) {
  if (!c.some((v) => v)) return null;
  const [a, b = 0, d = 0] = c;
  if (kind === "angle") {
    const size = Math.hypot(b, d), phase = Math.atan2(d, b);
    return (u) => a + size * cosine(u - phase);
  }
  if (c.length < 4) return (u) => a + u * (b + u * d);
  return (u) => c.reduceRight((sum, v) => sum * u + v, 0);
}

// A function of the length of a short time, whose value at the usual length is kept.
function kept(of, usual) {
  const value = of(usual);
  return (time) => (Math.abs(time - usual) < 1e-9 * usual ? value : of(time));
}

// The component of a direction in space after a turn by an angle of the cosine `c` about a random axis.
function turned(u, c) {
  const side = Math.sqrt(Math.max(0, (1 - u * u) * (1 - c * c))) * cosine(2 * Math.PI * uniform());
  return Math.max(-1, Math.min(1, u * c + side));
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
    const { diffusivity, fine } = inner, usual = Math.min(this.data.tick, fine), turn = kind === "angle" ? inner.drift[0] / 2 : 0;
    this.kick = kept((time) => Math.sqrt(2 * diffusivity * time), usual);
    this.sharp = kept((time) => 1 / -Math.expm1(-2 * diffusivity * time), usual);
    this.least = kept((time) => Math.exp(2 / Math.expm1(-2 * diffusivity * time)), usual);
    this.bent = kept((time) => (turn ? Math.tan(turn * time) / (turn * time) : 1), usual);
    this.spreads = this.data.diffusivities.map((d) => kept((time) => Math.sqrt(2 * d * time), this.data.tick));
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
    const { kind, walls, drift } = this.data.inner;
    if (kind === "axis") { // a von Mises-Fisher turn with the mean cosine e^(-2Dt) of diffusion
      const sharp = this.sharp(time), v = uniform();
      return turned(u, Math.max(-1, 1 + Math.log(v + (1 - v) * this.least(time)) / sharp));
    }
    const size = this.kick(time), kick = size ? size * normal() : 0;
    if (kind === "angle") return u + drift[0] * time + kick;
    if (walls) {
      const low = walls[0], span = walls[1] - low, free = u + kick - low;
      if (free >= 0 && free <= span) return u + kick;
      const at = Math.abs(free % (2 * span));
      return low + (at > span ? 2 * span - at : at);
    }
    if (!this.pull) return u + kick;
    const first = this.pull(u);
    return u + ((first + this.pull(u + first * time + kick)) / 2) * time + kick;
  }

  // The mean velocity of a short time: half the sum of both ends, and exactly that of the arc where a direction turns.
  mean(s, before, after, time) {
    const half = (before + after) / 2, rest = this.data.inner.velocities[s][0];
    return rest + (half - rest) * this.bent(time);
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
    if (d) place[i] += this.spreads[s](time) * normal();
  }

  land(i, way) {
    const first = this.data.step || this.data.inner.waits;
    if (way.renews && first) this.renew(i);
    const u = this.inside[i];
    this.place[i] += (way.shiftOf ? way.shiftOf(u) : 0) + (way.length && way.stretchOf ? way.stretchOf(u) * way.length() : 0);
    if (way.renews && !first) this.renew(i);
  }
}
