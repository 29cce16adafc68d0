/**
 * Between CQL2-Text and the conditions that the filter panel shows as rows.
 *
 * A model is {all: [condition], any: [condition]}: every one of *all*, and at least one of *any* where there are some.
 * A condition is one of
 *   {field, op, values: [text]}  op as in OPERATORS; values as they stand in a form
 *   {area: [[lon, lat], ...], predicate}  the outer ring of a drawn area
 *   {raw: text}  what rows cannot show, kept as it is
 */

export const emptyModel = () => ({ all: [], any: [] });

/** Operators in the order of the menus: their words, for which kinds of field, and how many values they take. */
export const OPERATORS = {
  in: { zh: "属于", kinds: ["code", "string"], count: "many" },
  notin: { zh: "不属于", kinds: ["code", "string"], count: "many" },
  contains: { zh: "包含", kinds: ["string"], count: 1 },
  starts: { zh: "开头是", kinds: ["string"], count: 1 },
  "=": { zh: "等于", kinds: ["string", "number", "date", "boolean"], count: 1 },
  "<>": { zh: "不等于", kinds: ["string", "number", "date"], count: 1 },
  "<": { zh: "小于", kinds: ["number", "date"], count: 1 },
  "<=": { zh: "小于等于", kinds: ["number", "date"], count: 1 },
  ">": { zh: "大于", kinds: ["number", "date"], count: 1 },
  ">=": { zh: "大于等于", kinds: ["number", "date"], count: 1 },
  between: { zh: "介于", kinds: ["number", "date"], count: 2 },
  null: { zh: "为空", kinds: ["code", "string", "number", "date", "boolean"], count: 0 },
  notnull: { zh: "不为空", kinds: ["code", "string", "number", "date", "boolean"], count: 0 },
};

const DATE_WORDS = { "<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于" };
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const DAY = /^\d{4}-\d\d-\d\d$/;
const PREDICATES = ["S_INTERSECTS", "S_WITHIN"];

/** Code, string, number, date or boolean: which operators and which box a field needs. */
export function kindOf(field) {
  if (field.codes.size) return "code";
  return field.dtype === "integer" ? "number" : field.dtype;
}

export const operatorsOf = (kind) => Object.keys(OPERATORS).filter((op) => OPERATORS[op].kinds.includes(kind));

export const operatorWords = (op, kind) => (kind === "date" && DATE_WORDS[op]) || OPERATORS[op].zh;

/* From the model to text */

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const likeText = (text) => text.replace(/[\\%_]/g, "\\$&");

function literal(field, value) {
  if (field.dtype === "number" || field.dtype === "integer") return value.trim();
  if (field.dtype === "boolean") return value === "true" ? "TRUE" : "FALSE";
  return field.dtype === "date" ? `DATE(${quoted(value)})` : quoted(value);
}

function isValue(field, value) {
  if (typeof value !== "string" || value === "") return false;
  if (field.dtype === "number" || field.dtype === "integer") return NUMBER.test(value.trim());
  return field.dtype === "date" ? DAY.test(value) : true;
}

/** Whether a condition says something already, or is a row still being filled in. */
export function isComplete(condition, fields) {
  if (condition.raw !== undefined) return condition.raw.trim() !== "";
  if (condition.area) return condition.area.length > 3;
  const field = fields[condition.field];
  const { count } = OPERATORS[condition.op];
  if (!field) return false;
  if (count === 0) return true;
  const good = condition.values.filter((value) => isValue(field, value)).length;
  return count === "many" ? good > 0 && good === condition.values.length : good >= count;
}

export function conditionText(condition, fields) {
  if (condition.raw !== undefined) return condition.raw.trim();
  if (condition.area) {
    const ring = condition.area.map(([lon, lat]) => `${lon} ${lat}`).join(", ");
    return `${condition.predicate ?? PREDICATES[0]}(geometry, POLYGON((${ring})))`;
  }
  const { field: name, op, values } = condition;
  const literals = values.map((value) => literal(fields[name], value));
  switch (op) {
    case "in": return `${name} IN (${literals.join(", ")})`;
    case "notin": return `${name} NOT IN (${literals.join(", ")})`;
    case "contains": return `CASEI(${name}) LIKE CASEI(${quoted(`%${likeText(values[0])}%`)})`;
    case "starts": return `CASEI(${name}) LIKE CASEI(${quoted(`${likeText(values[0])}%`)})`;
    case "between": return `${name} BETWEEN ${literals[0]} AND ${literals[1]}`;
    case "null": return `${name} IS NULL`;
    case "notnull": return `${name} IS NOT NULL`;
    default: return `${name} ${op} ${literals[0]}`;
  }
}

/**
 * The model as CQL2-Text; rows that are not filled in yet are left out.
 * @param {object} model
 * @param {Object<string, object>} fields by name
 */
export function filterText(model, fields) {
  const all = model.all.filter((condition) => isComplete(condition, fields));
  const any = model.any.filter((condition) => isComplete(condition, fields));
  const isAlone = all.length === 0;
  const wrap = (text) => (splitWords(tokensOf(text) ?? [], "OR").length > 1 ? `(${text})` : text);
  const parts = all.map((condition) => {
    const text = conditionText(condition, fields);
    return condition.raw !== undefined && !(all.length === 1 && !any.length) ? wrap(text) : text;
  });
  const choices = any.map((condition) => {
    const text = conditionText(condition, fields);
    return condition.raw === undefined ? text : `(${text})`;
  });
  if (choices.length) parts.push(isAlone || choices.length === 1 ? choices.join(" OR ") : `(${choices.join(" OR ")})`);
  return parts.join(" AND ");
}

/* From text to the model */

const TOKEN = /\s*(?:('(?:[^']|'')*')|("(?:[^"]|"")*")|([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([\p{L}_][\p{L}\p{N}_.:]*)|(<>|<=|>=|[-+*/^%=<>(),]))/uy;

/** Tokens with their places, or null where the text is no such language. */
function tokensOf(text) {
  const tokens = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < end) {
    const found = TOKEN.exec(text);
    if (!found) return null;
    const [, string, name, number, word, sign] = found;
    const type = string ? "string" : name ? "name" : number ? "number" : word ? "word" : "sign";
    const value = string ?? name ?? number ?? word ?? sign;
    at = TOKEN.lastIndex;
    tokens.push({ type, value, from: at - value.length, to: at });
  }
  return tokens;
}

const isWord = (token, word) => token?.type === "word" && token.value.toUpperCase() === word;
const isSign = (token, sign) => token?.type === "sign" && token.value === sign;

/** Split at a word outside of parentheses; the AND of a BETWEEN is no such word. */
function splitWords(tokens, word) {
  const parts = [[]];
  let depth = 0;
  let isBetween = false;
  for (const token of tokens) {
    if (isSign(token, "(")) depth += 1;
    if (isSign(token, ")")) depth -= 1;
    if (depth === 0 && isWord(token, "BETWEEN")) isBetween = true;
    else if (depth === 0 && isWord(token, word) && !(word === "AND" && isBetween)) {
      parts.push([]);
      continue;
    } else if (depth === 0 && isWord(token, "AND")) isBetween = false;
    parts.at(-1).push(token);
  }
  return parts;
}

/** Without the parentheses around the whole. */
function stripped(tokens) {
  if (tokens.length < 2 || !isSign(tokens[0], "(")) return tokens;
  let depth = 0;
  for (const [i, token] of tokens.entries()) {
    if (isSign(token, "(")) depth += 1;
    if (isSign(token, ")")) depth -= 1;
    if (depth === 0) return i === tokens.length - 1 ? stripped(tokens.slice(1, -1)) : tokens;
  }
  return tokens;
}

/** One value at the start of *tokens*: [text of it, how many tokens], or null. */
function readLiteral(field, tokens) {
  const [first, second, third, fourth] = tokens;
  if (field.dtype === "number" || field.dtype === "integer") return first?.type === "number" ? [first.value, 1] : null;
  if (field.dtype === "boolean") {
    return isWord(first, "TRUE") || isWord(first, "FALSE") ? [first.value.toLowerCase(), 1] : null;
  }
  const text = (token) => token.value.slice(1, -1).replaceAll("''", "'");
  if (field.dtype === "date") {
    const isDate = isWord(first, "DATE") && isSign(second, "(") && third?.type === "string" && isSign(fourth, ")");
    return isDate && DAY.test(text(third)) ? [text(third), 4] : null;
  }
  return first?.type === "string" ? [text(first), 1] : null;
}

/** The values of IN (a, b), or null. */
function readList(field, tokens) {
  if (!isSign(tokens[0], "(") || !isSign(tokens.at(-1), ")")) return null;
  const values = [];
  let rest = tokens.slice(1, -1);
  while (rest.length) {
    const read = readLiteral(field, rest);
    if (!read) return null;
    values.push(read[0]);
    rest = rest.slice(read[1]);
    if (!rest.length) return values;
    if (!isSign(rest[0], ",")) return null;
    rest = rest.slice(1);
  }
  return null;
}

function readLike(tokens) {
  if (tokens.length !== 1 || tokens[0].type !== "string") return null;
  const pattern = tokens[0].value.slice(1, -1).replaceAll("''", "'");
  const found = /^(%?)((?:\\.|[^%_\\])+)%$/su.exec(pattern);
  if (!found) return null;
  return { op: found[1] ? "contains" : "starts", values: [found[2].replace(/\\(.)/gsu, "$1")] };
}

function readComparison(field, [sign, ...rest]) {
  if (sign?.type === "sign" && ["=", "<>", "<", "<=", ">", ">="].includes(sign.value)) {
    const read = readLiteral(field, rest);
    return read && read[1] === rest.length ? { op: sign.value, values: [read[0]] } : null;
  }
  if (isWord(sign, "IS")) {
    const isNot = isWord(rest[0], "NOT");
    return isWord(rest[isNot ? 1 : 0], "NULL") && rest.length === (isNot ? 2 : 1) ? { op: isNot ? "notnull" : "null", values: [] } : null;
  }
  if (isWord(sign, "LIKE")) return readLike(rest);
  if (isWord(sign, "BETWEEN")) {
    const low = readLiteral(field, rest);
    const high = low && isWord(rest[low[1]], "AND") ? readLiteral(field, rest.slice(low[1] + 1)) : null;
    return high && low[1] + 1 + high[1] === rest.length ? { op: "between", values: [low[0], high[0]] } : null;
  }
  const isNot = isWord(sign, "NOT");
  const list = isNot ? rest.slice(1) : rest;
  if (!isWord(isNot ? rest[0] : sign, "IN")) return null;
  const values = readList(field, list);
  return values && { op: isNot ? "notin" : "in", values };
}

/** S_INTERSECTS(geometry, POLYGON((...))) with one ring, or a BBOX(west, south, east, north); else null. */
function readArea(text) {
  const found = /^(S_INTERSECTS|S_WITHIN)\s*\(\s*geometry\s*,\s*(?:POLYGON\s*\(\s*\(([^()]*)\)\s*\)|BBOX\s*\(([^()]*)\))\s*\)$/iu.exec(text);
  if (!found) return null;
  const predicate = found[1].toUpperCase();
  const numbers = (part, separator) => part.trim().split(separator).map(Number);
  if (found[3]) {
    const [west, south, east, north] = numbers(found[3], ",");
    return { area: [[west, south], [east, south], [east, north], [west, north], [west, south]], predicate };
  }
  const area = found[2].split(",").map((pair) => numbers(pair, /\s+/));
  if (area.length < 4 || !area.every((pair) => pair.length === 2 && pair.every(Number.isFinite))) return null;
  return { area, predicate };
}

/** Code lists are chosen by ticking; equal to one is one of one. */
function asChoice(field, { op, values }) {
  if (!op) return null;
  const swapped = kindOf(field) === "code" ? ({ "=": "in", "<>": "notin" }[op] ?? op) : op;
  return OPERATORS[swapped].kinds.includes(kindOf(field)) ? { op: swapped, values } : null;
}

/** The field at the start, by its name or Chinese label, upper and lower case the same or not: [field, what follows]. */
function readField(tokens, fields) {
  if (isWord(tokens[0], "CASEI") && isSign(tokens[1], "(") && isSign(tokens[3], ")")) {
    const [field] = readField([tokens[2]], fields);
    const rest = tokens.slice(4);
    const isLike = isWord(rest[0], "LIKE") && isWord(rest[1], "CASEI") && isSign(rest[2], "(") && isSign(rest[4], ")") && rest.length === 5;
    return isLike ? [field, [rest[0], rest[3]]] : [undefined, []];
  }
  const [first, ...rest] = tokens;
  if (first?.type !== "word" && first?.type !== "name") return [undefined, []];
  const word = first.type === "name" ? first.value.slice(1, -1) : first.value;
  const isOnly = (found) => (found.length === 1 ? found[0] : undefined);
  return [fields[word] ?? isOnly(Object.values(fields).filter(({ zh, label }) => zh === word || label === word)), rest];
}

/** `NOT a IS NULL` says what the menu calls 不为空. */
const NEGATED = { null: "notnull", in: "notin" };

function readCondition(text, tokens, fields) {
  const own = stripped(tokens);
  const raw = own.length ? text.slice(own[0].from, own.at(-1).to) : "";
  const area = readArea(raw);
  if (area) return area;
  const isNot = isWord(own[0], "NOT");
  const [field, rest] = readField(isNot ? stripped(own.slice(1)) : own, fields);
  const read = field && readComparison(field, rest);
  const choice = read && asChoice(field, isNot ? { ...read, op: NEGATED[read.op] } : read);
  return choice ? { field: field.name, ...choice } : { raw };
}

/** One choice of several is shown as rows, and text has it last; an earlier one is kept as it is. */
function readChoices(text, choices, fields, model) {
  if (model.any.length) model.all.push({ raw: model.anyText });
  model.any = choices.map((choice) => readCondition(text, choice, fields));
  model.anyText = text.slice(choices[0][0]?.from, choices.at(-1).at(-1)?.to);
}

function readAll(text, tokens, fields, model) {
  const choices = splitWords(tokens, "OR");
  if (choices.length > 1) {
    readChoices(text, choices, fields, model);
    return;
  }
  const parts = splitWords(tokens, "AND");
  for (const part of parts) {
    const own = stripped(part);
    const isNested = own !== part && (splitWords(own, "OR").length > 1 || splitWords(own, "AND").length > 1);
    if (isNested) readAll(text, own, fields, model);
    else if (own.length) model.all.push(readCondition(text, part, fields));
  }
}

/**
 * The conditions of a CQL2-Text; what rows cannot show becomes {raw}, so that nothing is lost.
 * @param {string} text
 * @param {Object<string, object>} fields by name
 */
export function parseFilter(text, fields) {
  const model = emptyModel();
  if (!text.trim()) return model;
  const tokens = tokensOf(text);
  if (!tokens) return { all: [{ raw: text.trim() }], any: [] };
  readAll(text, stripped(tokens), fields, model);
  return { all: model.all, any: model.any };
}
