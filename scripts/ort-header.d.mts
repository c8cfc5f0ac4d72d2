export function readOrtHeader(header: string): { readonly version: number; readonly names: readonly string[] };
