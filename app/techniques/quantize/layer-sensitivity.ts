/** How much each layer of a decoder suffers at each width: what people choose the bits of single layers by. */
import { freemem } from 'node:os';
import { UserError } from '../../contract/errors.ts';
import type { LayerSensitivity } from '../../contract/techniques.ts';
import { LayerWalk, type WalkOptions } from '../../models/layer-walk.ts';
import type { Model } from '../../models/model.ts';
import { calibrationText } from './calibration-text.ts';
import { BIT_WIDTHS, layerOf } from './layer-bits.ts';
import { modelParts } from './model-parts.ts';
import { choicesOf, type Part, partsOf, probeOf } from './parts.ts';
import { PlainRounder } from './rounder.ts';
import { divergences } from './sensitivity.ts';

/** The groups that losses are told for. */
const GROUP = 32;

/** Tokens that predictions are compared on. */
const TOKENS = 256;

/** @param data a text or a data set; absent: the sample. @throws UserError dataset/*, and as `layerSensitivity` */
export async function measureLayers(model: Model, data?: string): Promise<LayerSensitivity[]> {
  const longest = model.config.maxLength;
  const request = { file: data, tokens: TOKENS, longest, reserved: { tokens: 0, rows: 0 } };
  const { windows } = await calibrationText(model.folder, request);
  return layerSensitivity(model, windows[0]);
}

/**
 * Rounds one layer after the other in one form and compares predictions; other widths follow from rounding errors.
 * @throws UserError arguments/incompatible where memory is too small, model/*
 */
export async function layerSensitivity(
  model: Model,
  text: Int32Array,
  options: WalkOptions & { readonly onPart?: (done: number) => void } = {},
): Promise<LayerSensitivity[]> {
  const needed = 9 * model.parameters;
  if (needed > freemem()) {
    const megabytes = Math.ceil(needed / 1e6);
    throw new UserError('arguments/incompatible', `measuring layers needs ${megabytes} MB of free memory`);
  }
  const parts = modelParts(model);
  const layers = layersOf(partsOf(await LayerWalk.open(model, [text.subarray(0, 2)], options), parts));
  const plain = new PlainRounder(model, new Map(), { method: 'rtn', damp: 0, activationOrder: false });
  const probes = layers.map(
    ({ part }) =>
      () =>
        probeOf(plain, part),
  );
  const measured = await divergences(model, text, probes, options);
  const grids = BIT_WIDTHS.map((bits) => ({ bits, groupSize: GROUP, symmetric: false, halfScales: true }));
  const result: LayerSensitivity[] = [];
  for (const [i, { layer, part }] of layers.entries()) {
    const choices = await choicesOf(plain, part, measured[i], grids);
    result.push({
      layer,
      parameters: part.specs.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0),
      losses: choices.map(({ form, loss }) => ({ bits: form.bits, loss })),
    });
  }
  return result;
}

/** All parts of a layer as one; embeddings and heads belong to none. */
function layersOf(parts: readonly Part[]): { readonly layer: number; readonly part: Part }[] {
  const layers = new Map<number, Part>();
  for (const { modules, specs, table } of parts) {
    const layer = layerOf(modules[0]);
    if (layer === undefined) continue;
    const known = layers.get(layer);
    layers.set(layer, {
      modules: [...(known?.modules ?? []), ...modules],
      specs: [...(known?.specs ?? []), ...specs],
      table,
    });
  }
  return [...layers].map(([layer, part]) => ({ layer, part }));
}
