// Random numbers of the laws that a scene names: a code with three numbers each, as the server writes them.

// Whole numbers of 32 bits: Marsaglia's xorshift with four words, J. Stat. Softw. 8 (2003) 14.
const words = Int32Array.from({ length: 4 }, () => Math.floor(Math.random() * 2 ** 32) | 1);
function bits() {
  const t = words[0] ^ (words[0] << 11), last = words[3];
  words[0] = words[1];
  words[1] = words[2];
  words[2] = last;
  return (words[3] = last ^ (last >>> 19) ^ t ^ (t >>> 8));
}
export const uniform = () => (bits() >>> 0) * 2 ** -32;

// The ziggurat of 128 layers of one area under e^(-x^2/2). Marsaglia and Tsang, J. Stat. Softw. 5 (2000) 8; the layer and the place
// in it come from different bits of one number.
const LAYERS = 128, LAST = 3.442619855899, AREA = 9.91256303526217e-3, PLACES = 2 ** 24;
const bell = (x) => Math.exp((-x * x) / 2);
const [sure, unit, height] = [new Int32Array(LAYERS), new Float64Array(LAYERS), new Float64Array(LAYERS)];
for (let i = LAYERS - 1, x = LAST; i > 0; i--) {
  const inner = i > 1 ? Math.sqrt(-2 * Math.log(AREA / x + bell(x))) : 0;
  [sure[i], unit[i], height[i]] = [Math.floor((inner / x) * PLACES), x / PLACES, bell(x)];
  x = inner;
}
[sure[0], unit[0], height[0]] = [Math.floor(((LAST * bell(LAST)) / AREA) * PLACES), AREA / bell(LAST) / PLACES, 1];
export function normal() {
  for (;;) {
    const word = bits(), layer = word & 127, place = word >> 7, x = place * unit[layer];
    if (Math.abs(place) < sure[layer]) return x;
    if (layer === 0) return place < 0 ? -beyond() : beyond();
    if (height[layer] + Math.random() * (height[layer - 1] - height[layer]) < bell(x)) return x;
  }
}
function beyond() {
  for (;;) {
    const x = -Math.log(1 - Math.random()) / LAST;
    if (-2 * Math.log(1 - Math.random()) >= x * x) return LAST + x;
  }
}

// The cosine from a table, on straight lines between its values: to 3e-7, a third of the time of Math.cos.
const TURN = 4096, wave = Float64Array.from({ length: TURN + 1 }, (_, i) => Math.cos((2 * Math.PI * i) / TURN));
export function cosine(angle) {
  const at = angle * (TURN / (2 * Math.PI)), low = Math.floor(at), i = low & (TURN - 1);
  return wave[i] + (at - low) * (wave[i + 1] - wave[i]);
}

// Marsaglia and Tsang, ACM TOMS 26 (2000) 363; shapes below one are drawn with one more, times u^(1/shape).
function gamma(shape) {
  if (shape < 1) return gamma(shape + 1) * (1 - Math.random()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal(), v = (1 + x / (3 * Math.sqrt(d))) ** 3;
    if (v > 0 && Math.log(1 - Math.random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

// Chambers, Mallows and Stuck, J. Am. Stat. Assoc. 71 (1976) 340.
function stable(a, b, c) {
  const turns = Math.PI * (Math.random() - 0.5), turned = a * turns + Math.PI * c, wait = -Math.log(1 - Math.random());
  return (b * Math.sin(turned) * (Math.cos(turned - turns) / wait) ** ((1 - a) / a)) / Math.cos(turns) ** (1 / a);
}

// Fulger, Scalas and Germano, Phys. Rev. E 77 (2008) 021122.
function mittagLeffler(a, b) {
  const v = 1 - Math.random();
  return -Math.log(1 - Math.random()) * b * (Math.sin(Math.PI * a * (1 - v)) / Math.sin(Math.PI * a * v)) ** (1 / a);
}

function fromTable({ values, cumulative }) {
  const u = Math.random();
  let low = 0, high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (u < cumulative[middle]) high = middle;
    else low = middle + 1;
  }
  return values[low];
}

const LAWS = {
  0: (a) => () => a,
  1: (a, b) => () => a + (b - a) * Math.random(),
  2: (a) => () => -a * Math.log(1 - Math.random()),
  3: (a, b) => () => a + b * normal(),
  4: (a) => () => a * Math.log((1 - Math.random()) / (1 - Math.random())),
  5: (a, b, c) => () => b * (1 - Math.random()) ** (-1 / a) - c,
  6: (a, b) => () => (Math.random() < 0.5 ? -b : b) * (1 - Math.random()) ** (-1 / a),
  7: (a) => () => a * Math.tan(Math.PI * (Math.random() - 0.5)),
  8: (a, b, c) => () => stable(a, b, c),
  9: (a, b) => () => mittagLeffler(a, b),
  10: (a) => () => Math.floor(a * Math.log(1 - Math.random())),
  // (a, b, c) = (shape - 1/3, scale, 0), or (shape + 2/3, scale, 1/shape) where the shape is below one
  100: (a, b, c) => { const shape = c > 0 ? 1 / c : a + 1 / 3; return () => b * gamma(shape); },
  101: (a) => () => normal() / Math.sqrt((2 * gamma(a / 2)) / a),
  102: (a, b, c) => { const cut = c > 0 ? (b / c) ** a : 0; return () => b * (1 - Math.random() * (1 - cut)) ** (-1 / a); },
  103: () => () => Math.cos(2 * Math.PI * Math.random()),
  104: () => () => 2 * Math.random() - 1,
};

// A function that draws from the law ([code, a, b, c]) of a scene with these tables.
export function drawn(law, tables) {
  const [code, ...numbers] = law;
  return code === 105 ? () => fromTable(tables[numbers[0]]) : LAWS[code](...numbers);
}
