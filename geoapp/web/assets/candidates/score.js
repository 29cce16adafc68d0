/** Scores of candidates as the server counts them: a weighted mean of the known terms, ties in the order of codes. */

const DECIMALS = 1e6; // scores that differ less are equal

const PLACES = 2 ** 20; // more than there are plots on a page

const rounded = (value) => Math.round(value * DECIMALS) / DECIMALS;

/** The pool as arrays of numbers: terms[term][plot], NaN where unknown. */
export function readPool(answer) {
  const terms = answer.values.map((column) => Float64Array.from(column, (value) => value ?? NaN));
  const byCode = Int32Array.from(answer.code, (_, plot) => plot).sort((a, b) => (answer.code[a] < answer.code[b] ? -1 : 1));
  const openHits = Float64Array.from(answer.open_low_efficiency, (value) => value ?? NaN);
  return { ...answer, terms, byCode, openHits, termIds: answer.terms.map(({ id }) => id), count: answer.code.length };
}

/**
 * Score and rank all plots.
 * @param {ReturnType<typeof readPool>} pool
 * @param {number[]} weights by term; not all zero
 * @returns {{score: Float64Array, known: Float64Array, order: Int32Array, rank: Int32Array, total: number}} order: plots, best
 *   first; rank by plot, equal scores share one
 */
export function rank(pool, weights) {
  const { terms, count, byCode } = pool;
  const score = new Float64Array(count);
  const known = new Float64Array(count);
  for (const [term, weight] of weights.entries()) {
    const values = terms[term];
    for (let plot = 0; plot < count; plot += 1) {
      if (Number.isNaN(values[plot])) continue;
      score[plot] += weight * values[plot];
      known[plot] += weight;
    }
  }
  for (let plot = 0; plot < count; plot += 1) score[plot] = known[plot] > 0 ? rounded((100 * score[plot]) / known[plot]) : NaN;
  // One number holds both: what a plot lacks to full marks, and its place among the codes. Numbers sort much faster.
  const lacking = (plot) => (Number.isNaN(score[plot]) ? 101 * DECIMALS : Math.round((100 - score[plot]) * DECIMALS));
  const keys = Float64Array.from(byCode, (plot, place) => lacking(plot) * PLACES + place).sort();
  const order = new Int32Array(count);
  const ranks = new Int32Array(count);
  for (let at = 0; at < count; at += 1) {
    order[at] = byCode[keys[at] % PLACES];
    const isTied = at > 0 && Math.floor(keys[at] / PLACES) === Math.floor(keys[at - 1] / PLACES);
    ranks[order[at]] = isTied ? ranks[order[at - 1]] : at + 1;
  }
  return { score, known, order, rank: ranks, total: weights.reduce((sum, weight) => sum + weight, 0) };
}

/** How many points each term gives to a plot's score; NaN where unknown. */
export function points(pool, weights, { known }, plot) {
  return weights.map((weight, term) => (100 * weight * pool.terms[term][plot]) / known[plot]);
}

/** The score with the unknown terms at worst and at best. */
export function interval(pool, weights, { total }, plot) {
  let least = 0;
  let most = 0;
  for (const [term, weight] of weights.entries()) {
    const value = pool.terms[term][plot];
    if (Number.isNaN(value)) most += weight;
    else {
      const open = pool.termIds[term] === "low_efficiency" && !Number.isNaN(pool.openHits[plot]) ? pool.openHits[plot] : 0;
      least += weight * value;
      most += weight * Math.min(1, value + open);
    }
  }
  return [(100 * least) / total, (100 * most) / total];
}
