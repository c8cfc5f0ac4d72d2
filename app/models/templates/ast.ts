/** The syntax tree that @huggingface/jinja's parser gives, as far as the interpreter reads it. */
import { parse, tokenize } from '@huggingface/jinja';

export type Node =
  | { readonly type: 'StringLiteral'; readonly value: string }
  | { readonly type: 'IntegerLiteral' | 'FloatLiteral'; readonly value: number }
  | { readonly type: 'ArrayLiteral' | 'TupleLiteral'; readonly value: readonly Node[] }
  | { readonly type: 'ObjectLiteral'; readonly value: ReadonlyMap<Node, Node> }
  | Identifier
  | { readonly type: 'If'; readonly test: Node; readonly body: readonly Node[]; readonly alternate: readonly Node[] }
  | ForNode
  | { readonly type: 'Set'; readonly assignee: Node; readonly value: Node | null; readonly body: readonly Node[] }
  | {
      readonly type: 'Macro';
      readonly name: Identifier;
      readonly args: readonly Node[];
      readonly body: readonly Node[];
    }
  | {
      readonly type: 'CallStatement';
      readonly call: CallNode;
      readonly callerArgs: readonly Node[] | null;
      readonly body: readonly Node[];
    }
  | { readonly type: 'FilterStatement'; readonly filter: Identifier | CallNode; readonly body: readonly Node[] }
  | { readonly type: 'MemberExpression'; readonly object: Node; readonly property: Node; readonly computed: boolean }
  | CallNode
  | {
      readonly type: 'BinaryExpression';
      readonly operator: { readonly value: string };
      readonly left: Node;
      readonly right: Node;
    }
  | { readonly type: 'FilterExpression'; readonly operand: Node; readonly filter: Identifier | CallNode }
  | { readonly type: 'TestExpression'; readonly operand: Node; readonly negate: boolean; readonly test: Identifier }
  | { readonly type: 'UnaryExpression'; readonly operator: { readonly value: string }; readonly argument: Node }
  | SliceNode
  | { readonly type: 'KeywordArgumentExpression'; readonly key: Identifier; readonly value: Node }
  | { readonly type: 'SelectExpression'; readonly lhs: Node; readonly test: Node }
  | { readonly type: 'SpreadExpression' | 'KeywordSpreadExpression'; readonly argument: Node }
  | { readonly type: 'Ternary'; readonly condition: Node; readonly trueExpr: Node; readonly falseExpr: Node }
  | { readonly type: 'Break' | 'Continue' | 'Comment' };

export interface Identifier {
  readonly type: 'Identifier';
  readonly value: string;
}

export interface ForNode {
  readonly type: 'For';
  readonly loopvar: Node;
  readonly iterable: Node;
  readonly body: readonly Node[];
  readonly defaultBlock: readonly Node[];
}

export interface CallNode {
  readonly type: 'CallExpression';
  readonly callee: Node;
  readonly args: readonly Node[];
}

export interface SliceNode {
  readonly type: 'SliceExpression';
  readonly start?: Node;
  readonly stop?: Node;
  readonly step?: Node;
}

/** Some of the lexer's expressions are quadratic in white space: no real template has so much of it in one place. */
const LONGEST_WHITE_SPACE = 4096;
const LONGEST_TEMPLATE = 1_000_000;

/** Parses a template as transformers sets Jinja up: trim_blocks, lstrip_blocks, one trailing newline dropped. */
export function parseTemplate(source: string): readonly Node[] {
  if (source.length > LONGEST_TEMPLATE) throw new Error('the template is longer than a million characters');
  if (hasLongWhiteSpace(source)) throw new Error('the template holds an unreasonable run of white space');
  const program = parse(tokenize(prepare(source), {})) as unknown as { readonly body: readonly Node[] };
  return program.body;
}

function hasLongWhiteSpace(source: string): boolean {
  let run = 0;
  for (let i = 0; i < source.length; i += 1) {
    run = source.charCodeAt(i) <= 0x20 ? run + 1 : 0;
    if (run > LONGEST_WHITE_SPACE) return true;
  }
  return false;
}

/** Done here and not by the lexer's options, which know nothing of `{%+` and `+%}`. */
function prepare(source: string): string {
  return source
    .replace(/\r\n?/g, '\n')
    .replace(/^[ \t]+(\{[#%])(?!\+)/gm, '$1')
    .replace(/(\{%)\+/g, '$1')
    .replace(/(?<!\+)([#%]\})\n/g, '$1')
    .replace(/\+(%\})/g, '$1');
}
