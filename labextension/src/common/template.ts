/** The text of cells that are inserted. */

/** The same as `%finetune --template`; a test compares the two. */
export const FINETUNE = `%%finetune --out run
model = "demo"                  # or a Hub ID: "bert-base-cased"
dataset = "demo"                # or "glue/mrpc", "reviews.csv", "$train_df"
num_train_epochs = 3
learning_rate = 5e-5
per_device_train_batch_size = 8
warmup_steps = 0
weight_decay = 0
seed = 42
`;

export const LOAD = '%load_ext nbtrain';
export const FORM = '%finetune --form';

/** Code that compares runs, each given by code of its own; without any the newest ones. */
export const compareOf = (runs: readonly string[]): string =>
  `import nbtrain\n\nnbtrain.compare(${runs.join(', ')})`;

/** Code that exports the run in variable `name` as a script. */
export const exportOf = (name: string): string => `${name}.export("${name}.py")`;

const LOADS = /^\s*%(load_ext|reload_ext)\s+nbtrain\s*$/m;

/** Whether a cell loads the extension. */
export const loads = (source: string): boolean => LOADS.test(source);
