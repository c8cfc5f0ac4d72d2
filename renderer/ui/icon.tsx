/** One icon; silent to screen readers unless it is given a title. */
import { ICONS, type IconName } from './icons.tsx';

export type { IconName } from './icons.tsx';

interface Props {
  readonly name: IconName;
  /** Pixels, 16 unless named. */
  readonly size?: number;
  readonly className?: string;
  readonly title?: string;
}

export function Icon({ name, size = 16, className, title }: Props) {
  const named = title === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': title };
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: hidden from screen readers or named, see above
    <svg
      {...named}
      className={className === undefined ? 'icon' : `icon ${className}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {ICONS[name]}
    </svg>
  );
}
