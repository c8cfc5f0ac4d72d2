/** Recognises the shape of a list of messages. */

export type RawMessage = Readonly<Record<string, unknown>>;

export function isMessageList(value: unknown): value is readonly RawMessage[] {
  return (
    Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry))
  );
}

export function speaks(value: unknown, role: string, content: string): boolean {
  return (
    isMessageList(value) && value.length > 0 && role in value[0] && (content in value[0] || 'tool_calls' in value[0])
  );
}
