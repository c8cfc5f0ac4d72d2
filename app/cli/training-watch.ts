/** Shows a distillation as it goes on: a bar for the teacher, one for the training, and every step's numbers for the charts. */
import type { Progress } from '../techniques/finetune/checkpoint.ts';
import type { StepReport } from '../techniques/finetune/loop.ts';
import type { CommandContext } from './command.ts';

/** @param unit what the teacher gives: "predictions", "answers" */
export function watchDistillation(
  { threads, signal, progress, metric }: CommandContext,
  resume: boolean,
  unit: string,
) {
  let bar: ReturnType<typeof progress> | undefined;
  return {
    onTeacher(done: number, total: number) {
      bar ??= progress('Teacher', total, unit);
      bar.update(done);
    },
    training: {
      threads,
      signal,
      resume,
      onStart(steps: number, done: Progress) {
        bar?.end();
        bar = progress('Training', steps, 'steps');
        bar.update(done.losses.length);
        // What the run before this one did after it was last heard of.
        done.losses.forEach((loss, i) => {
          const [learningRate, gradientNorm] = [done.learningRates[i], done.gradientNorms[i]];
          metric?.({ step: i + 1, loss, learningRate, gradientNorm });
        });
      },
      onStep({ measured, ...step }: StepReport) {
        bar?.update(step.step, `loss ${step.loss.toFixed(4)}`);
        metric?.({ ...step, ...measured });
      },
    },
    end: () => bar?.end(),
  };
}
