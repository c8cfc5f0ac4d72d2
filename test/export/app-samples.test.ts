/** Samples for apps compile: TypeScript always, Kotlin where there is a compiler; for Swift there is none here. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportModel } from '../../app/export/index.ts';
import { checkPrompts } from '../../app/export/prompts.ts';

const require = createRequire(import.meta.url);
const ROOT = join(import.meta.dirname, '../fixtures/models');
const work = await mkdtemp(join(tmpdir(), 'lathe-samples-'));
afterAll(() => rm(work, { recursive: true }));

/** One with a cache and positions, one with types of tokens. */
const MODELS = ['gpt2', 'bert'];
const sample = (name: string, file: string): string => join(work, name, 'samples', file);

beforeAll(async () => {
  for (const name of MODELS) {
    const source = join(ROOT, name);
    const options = { threads: 1, prompts: await checkPrompts(source) };
    await exportModel(source, 'onnxruntime-mobile', join(work, name), options);
  }
});

/** What the compiler says; nothing where it is content. */
function complaints(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8' });
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

it('in TypeScript, strictly, against the types of ONNX Runtime', async () => {
  const folder = join(work, 'typescript');
  await mkdir(folder);
  const files = MODELS.map((name) => `${name}.ts`);
  for (const name of MODELS) await cp(sample(name, 'latheModel.ts'), join(folder, `${name}.ts`));
  // onnxruntime-react-native gives all that onnxruntime-common gives, and those are the types.
  const types = join(import.meta.dirname, '../../node_modules/onnxruntime-common/dist/esm/index.d.ts');
  expect(existsSync(types)).toBe(true);
  const compile = async (file: readonly string[]) => {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      noUnusedLocals: true,
      target: 'es2022',
      lib: ['es2022'],
      module: 'esnext',
      moduleResolution: 'bundler',
      skipLibCheck: true,
      types: [],
      paths: { 'onnxruntime-react-native': [types] },
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: file }));
    return complaints(process.execPath, [join(require.resolve('typescript/package.json'), '../bin/tsc'), '-p', folder]);
  };
  expect(await compile(files)).toBe('');
  const text = await readFile(join(folder, 'bert.ts'), 'utf8');
  await writeFile(join(folder, 'wrong.ts'), text.replace("new Tensor('int64'", "new Tensor('int65'"));
  expect(await compile(['wrong.ts'])).toContain('wrong.ts');
});

/** Jars of the Kotlin compiler with what it needs, and of ONNX Runtime for Java, whose classes are those of Android's. */
const jars = process.env.LATHE_KOTLIN_JARS?.split(delimiter) ?? [];
if (jars.length === 0) console.info('Kotlin samples are not compiled: LATHE_KOTLIN_JARS names no jars of its compiler');

it.skipIf(jars.length === 0)('in Kotlin, against the classes of ONNX Runtime', { timeout: 300_000 }, async () => {
  const stubs = join(work, 'stubs');
  await mkdir(join(stubs, 'android/content/res'), { recursive: true });
  // The two classes of Android that the sample touches.
  const context = join(stubs, 'android/content/Context.java');
  const assets = join(stubs, 'android/content/res/AssetManager.java');
  await writeFile(
    context,
    'package android.content; public abstract class Context { public abstract android.content.res.AssetManager getAssets(); }',
  );
  await writeFile(
    assets,
    'package android.content.res; public abstract class AssetManager { public abstract java.io.InputStream open(String name) throws java.io.IOException; }',
  );
  expect(complaints('javac', ['-d', stubs, context, assets])).toBe('');
  const compiler = ['-Xmx700m', '-cp', jars.join(delimiter), 'org.jetbrains.kotlin.cli.jvm.K2JVMCompiler'];
  const files = MODELS.map((name) => join(stubs, `${name}.kt`));
  for (const [i, name] of MODELS.entries()) {
    // One run for all: each class in a package of its own.
    await writeFile(files[i], `package ${name}\n${await readFile(sample(name, 'LatheModel.kt'), 'utf8')}`);
  }
  const out = join(work, 'classes');
  const classes = [...jars, stubs].join(delimiter);
  const args = ['-no-stdlib', '-no-reflect', '-cp', classes, '-d', out, ...files];
  expect(complaints('java', [...compiler, ...args])).toBe('');
  for (const name of MODELS) expect(existsSync(join(out, name, 'LatheModel.class'))).toBe(true);
});
