/** What a user types, as a LIKE pattern that means exactly these characters. */
export const likePattern = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
