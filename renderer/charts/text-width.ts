/** How wide a text is in the page's own font, pixels. */
let context: CanvasRenderingContext2D | null | undefined;

export function textWidth(text: string, size = 12): number {
  context ??= document.createElement('canvas').getContext('2d');
  if (context === null) return text.length * size * 0.55;
  context.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  return context.measureText(text).width;
}
