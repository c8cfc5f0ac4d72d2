/** Filled in by the bundler (scripts/build-shell.mjs). */
declare const __LATHE_VERSION__: string;
