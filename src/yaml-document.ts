import {
  Document,
  type DocumentOptions,
  Lexer,
  LineCounter,
  type ParseOptions,
  Parser,
  parseDocument,
  type SchemaOptions,
  YAMLParseError,
} from 'yaml';

/** More than anybody writes by hand. Much deeper, the parser's recursion can end the whole process. */
const DEEPEST = 64;

/**
 * Parses a YAML text. It throws nothing: what is wrong stands in the document's `errors`, with the code
 * `RESOURCE_EXHAUSTION` where the text is nested more than 64 deep.
 */
export function parseYaml(
  text: string,
  options: ParseOptions & DocumentOptions & SchemaOptions = {},
): Document.Parsed | Document {
  const deep = tooDeepAt(text);
  if (deep === null) return parseDocument(text, {logLevel: 'error', ...options});
  const {lineCounter = new LineCounter()} = options;
  for (let start = 0; start <= deep; start = text.indexOf('\n', start) + 1 || Number.POSITIVE_INFINITY)
    lineCounter.addNewLine(start);
  const document = new Document();
  const error = new YAMLParseError(
    [deep, deep + 1],
    'RESOURCE_EXHAUSTION',
    `nested more than ${DEEPEST} deep`,
  );
  error.linePos = [lineCounter.linePos(deep)];
  document.errors.push(error);
  return document;
}

/** Where a text is nested too deep; `null` if it nowhere is. The parser of tokens does not recurse. */
function tooDeepAt(text: string): number | null {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > DEEPEST) return parser.offset;
  }
  return null;
}
