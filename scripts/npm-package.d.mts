/** Packages of npm that tests use and nothing depends on. */
export function npmPackage(name: string, version: string, integrity: string): Promise<string>;
export function webFolder(): Promise<string>;
