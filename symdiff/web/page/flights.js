// Walkers off the lattice: each waits, moves meanwhile as its state says, jumps, and chooses what comes next.
import { drawn, normal } from "./laws.js";
import { Player } from "./player.js";

const DEAD = 255;
const PARTS = 4; // frames in which a step of all walkers is made: so a step can be seen, and no frame takes long

export class Flights extends Player {
  prepare() {
    const { jumps, tables } = this.data;
    this.ways = jumps.map((row) => {
      let sum = 0;
      return row.map((j) => ({ ...j, upTo: (sum += j.share), length: j.along ? drawn(j.step, tables) : null, after: drawn(j.wait, tables) }));
    });
  }

  restart() {
    if (!this.data) return;
    const { count, data } = this;
    this.place = new Float64Array(count);
    this.state = new Uint8Array(count);
    this.due = new Float64Array(count); // the time of the next jump
    this.next = new Uint8Array(count); // which one it is
    this.now = this.part = 0;
    let at = 0;
    data.shares.forEach((share, s) => { const end = s === data.shares.length - 1 ? count : Math.min(count, at + Math.round(share * count)); this.state.fill(s, at, end); at = end; });
    for (let i = 0; i < count; i++) {
      this.place[i] = data.start + data.width * normal();
      this.choose(i, 0);
    }
    this.bars = this.density();
    this.draw();
  }

  choose(i, time) {
    const ways = this.ways[this.state[i]];
    let k = 0;
    if (ways.length > 1) for (const u = Math.random(); k < ways.length - 1 && u >= ways[k].upTo; ) k++;
    this.next[i] = k;
    this.due[i] = ways.length ? time + ways[k].after() : Infinity;
  }

  move(i, time) {
    const s = this.state[i], v = this.data.velocities[s], d = this.data.diffusivities[s];
    if (v) this.place[i] += v * time;
    if (d) this.place[i] += Math.sqrt(2 * d * time) * normal();
  }

  land(i, way) {
    this.place[i] += way.base + (way.length ? way.along * way.length() : 0);
  }

  advance() {
    const { data, count } = this, until = this.now + data.tick, parts = data.step ? PARTS : 1;
    const end = data.step ? until * (1 + 1e-9) : until;
    for (let i = Math.floor((count * this.part) / parts), last = Math.floor((count * ++this.part) / parts); i < last; i++) this.follow(i, until, end);
    if (this.part < parts) return;
    this.part = 0;
    this.now = until;
    this.bars = this.density();
  }

  follow(i, until, end) {
    const { state, due, next } = this;
    let time = this.now;
    while (state[i] !== DEAD && due[i] <= end) {
      this.move(i, due[i] - time);
      time = due[i];
      const way = this.ways[state[i]][next[i]];
      this.land(i, way);
      state[i] = way.to < 0 ? DEAD : way.to;
      if (way.to >= 0) this.choose(i, time);
    }
    if (state[i] !== DEAD) this.move(i, until - time);
  }

  over() {
    return this.now >= this.data.times.at(-1) * (1 - 1e-6);
  }

  // The walkers' density on the bars.
  density() {
    const { grid } = this.data, bar = grid[1] - grid[0], low = grid[0] - bar / 2, found = new Float64Array(grid.length);
    for (let i = 0; i < this.place.length; i++) {
      const j = Math.floor((this.place[i] - low) / bar);
      if (this.state[i] !== DEAD && j >= 0 && j < grid.length) found[j] += 1 / (this.count * bar);
    }
    return found;
  }

  draw() {
    const { data, now, bars } = this, { grid, first, law, solution } = data, bar = grid[1] - grid[0];
    const dots = law.length ? this.between(first, law, now) : null, curve = this.between(first, solution, now);
    // at first all walkers are in few bars: the picture is drawn to the height that it has later
    const later = solution[Math.min(solution.length - 1, Math.floor(solution.length / 8))];
    const top = Math.min(Math.max(...curve, ...(dots ?? []), ...bars), 2.5 * Math.max(...later));
    this.plot({
      low: grid[0] - bar / 2, high: grid.at(-1) + bar / 2, top, places: grid, bars, bar: bar * 0.9, dots, grid, curve,
      captions: [`t = ${Number(now.toPrecision(4))}, ${this.count} walkers`],
    });
  }
}
