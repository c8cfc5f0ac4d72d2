/** Everything that can go wrong by a user's hand: one closed set of codes, each with a hint that says what to do. */

export const HINTS = {
  'file/not-found': 'Check the spelling of the path.',
  'file/not-allowed': 'Choose another folder, or change its permissions.',
  'file/exists': 'Choose a new folder, or remove this one first.',
  'file/outside-folder': 'A model may only refer to files inside its own folder: get it from a source you trust.',
  'disk/full':
    'Free some space on this disk or choose another folder, then start again: nothing was left half-written.',
  'weights/truncated': 'The file ends too early: download or copy it again.',
  'weights/corrupt': 'The file contradicts itself: download or copy it again.',
  'weights/not-finite': 'The weights hold NaN or infinite values: take an earlier version of this model.',
  'weights/wrong-shape':
    'The weights do not belong to this configuration: check that both files come from the same model.',
  'weights/missing': 'The model folder is incomplete: download or copy it again.',
  'weights/pickle':
    'Pickle files can run code when opened. Convert it once with Python: safetensors.torch.save_file(torch.load(file, weights_only=True), "model.safetensors").',
  'model/not-a-model': 'Give a Hugging Face folder, a GGUF file, an ONNX folder or the id of a model in the library.',
  'model/unsupported': 'See README > Supported models, or export it to ONNX first.',
  'model/packed': 'Take it into the library first (lathe models import FOLDER): its layers are unpacked then.',
  'model/bad-config': 'Check config.json: a value is missing or has the wrong type.',
  'tokenizer/missing': 'Put tokenizer.json beside the weights.',
  'tokenizer/invalid': 'tokenizer.json is not one this version can read: get it again from the model’s source.',
  'template/missing': 'This model has no chat template: use plain prompts, or add chat_template.jinja to its folder.',
  'template/failed': 'The chat template refuses these messages: check the roles and their order.',
  'onnx/corrupt': 'The file is not a complete ONNX model: export or download it again.',
  'onnx/unsupported': 'This model uses an operator or type that Lathe does not know: see the message.',
  'dataset/unreadable':
    'Check that the file is complete and in a supported format (JSONL, JSON, CSV, TSV, Parquet, text).',
  'dataset/unknown-format':
    'Name the format with --format, or rename the columns (for example "prompt" and "completion").',
  'dataset/empty': 'Add rows to the file.',
  'dataset/not-utf8': 'Save the file as UTF-8: editors and spreadsheets ask for the encoding under Save as.',
  'dataset/no-usable-rows': 'Mend the rows, or choose other columns.',
  'dataset/no-answers': 'Every row must have at least one token to learn from: check the column mapping.',
  'dataset/no-column': 'Name the columns with --text and --label.',
  'dataset/no-labels': 'Fill the label column: rows without a label teach nothing.',
  'dataset/one-label': 'Add rows of another class: there is nothing to tell apart.',
  'dataset/rare-label':
    'Add examples of this class, or merge it with another: each needs one to learn and one to test.',
  'dataset/free-text-labels': 'Choose a column with few distinct values, or sort the answers into classes first.',
  'adapter/other-base': 'Give the model that the adapter was trained on: adapter_config.json names it.',
  'memory/will-not-fit': 'Lower the batch size or the sequence length, or pick LoRA.',
  'arguments/invalid': 'Change the value that the message names.',
  'arguments/incompatible': 'These do not go together: leave one of them out, or take another model.',
  'prompt/too-long': 'Shorten the prompt, or give the server a longer --context where the model allows it.',
  'server/will-not-fit': 'Lower --concurrency or --context.',
  'schema/unsupported': 'Leave out what the message names, or describe the answer with a grammar.',
  'schema/unsatisfiable': 'No answer can meet this schema: look at the part that the message names.',
  'server/busy': 'Try again later, or start the server with a larger --concurrency or --queue.',
  'recipe/invalid': 'Check the recipe against the examples in README.md.',
  'prune/too-much': 'Give a smaller --amount: something must be left.',
  'prune/does-not-divide': 'Give an --amount that divides evenly, or remove whole groups (--part groups).',
  'adapt/too-few-rows':
    'Give more labelled rows, raise --calibration, or allow a larger --max-loss or a lower --confidence.',
  'distill/other-tokenizer':
    'Let the teacher write the answers instead (--method sequence): the student then learns from text.',
  'distill/other-cache': 'Choose another --cache folder, or remove this one: it is made again.',
  'distill/misaligned': 'Remove the cache of the teacher and start again; if it happens twice, report it.',
  'training/diverged': 'Lower the learning rate, or set --max-grad-norm.',
  'checkpoint/other-run': 'Resume with the same model, data and settings, or choose another output folder.',
  'device/differs': 'Leave out --device, or give --device cpu: the processor gives the right answers.',
  'device/unavailable':
    'See lathe hardware for the devices of this machine; --device cpu always works, and lathe optimize finds new settings.',
  'runtime/failed': 'The runtime refused this model: see the message; try another device.',
  'runtime/unavailable': 'Run the set-up again (npm run setup): the runtime library could not be loaded.',
  'hub/offline': 'Unset HF_HUB_OFFLINE, or import the model from a local folder.',
  'hub/unreachable': 'Check the connection and HF_ENDPOINT, then run the command again: the download resumes.',
  'hub/busy': 'Wait some minutes or set HF_TOKEN, then run the command again: the download resumes.',
  'hub/not-found': 'Check the model id; a gated model needs HF_TOKEN.',
  'hub/corrupt': 'The download does not match its checksum and was discarded: run the command again.',
  'job/crashed': 'Start the job again or resume it; if it happens twice, report it with the log.',
  'job/out-of-memory': 'Close other programs, lower the batch size or the sequence length, or turn on checkpointing.',
  'job/not-found': 'It may have been removed: look through the list of jobs.',
  'job/not-now': 'The job is in a state in which this cannot be done: look at it again.',
  'dataset/not-found': 'It may have been removed: look into the trash.',
  'library/not-found': 'It may have been removed: look into the trash.',
  'store/in-use': 'Use the window that is open already, or close it; a running lathe serve counts too.',
  'store/damaged': 'Close Lathe and put one of the copies in the data folder in its place.',
  'store/newer': 'Update Lathe to the version that was used last.',
  'export/check-failed':
    'The files were kept for inspection, but the target runtime disagreed with the source: do not ship them.',
} as const;

export type ErrorCode = keyof typeof HINTS;

/** An error the user can mend. Anything else that is thrown is a bug. */
export class UserError extends Error {
  override readonly name = 'UserError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
  get hint(): string {
    return HINTS[this.code];
  }
}

/** Closes a union in a `switch`: a new member fails to compile here. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
