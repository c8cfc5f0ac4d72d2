/** The icons, drawn for Lathe: 16 px box, 1.5 px stroke, in the colour of the text around them. */
import type { ReactNode } from 'react';

export const ICONS = {
  home: (
    <>
      <path d="M2.5 7.2 8 2.5l5.5 4.7v6.3h-3.7V9.7H6.2v3.8H2.5z" />
    </>
  ),
  models: (
    <>
      <path d="M8 1.8 13.5 4.9v6.2L8 14.2l-5.5-3.1V4.9z" />
      <path d="M2.5 4.9 8 8l5.5-3.1M8 8v6.2" />
    </>
  ),
  data: (
    <>
      <ellipse cx="8" cy="3.7" rx="5.2" ry="1.9" />
      <path d="M2.8 3.7v8.6c0 1 2.3 1.9 5.2 1.9s5.2-.9 5.2-1.9V3.7M2.8 8c0 1 2.3 1.9 5.2 1.9S13.2 9 13.2 8" />
    </>
  ),
  tune: (
    <>
      <path d="M2 4.5h6.5M12 4.5h2M2 11.5h2M7.5 11.5H14" />
      <circle cx="10.2" cy="4.5" r="1.75" />
      <circle cx="5.8" cy="11.5" r="1.75" />
    </>
  ),
  transfer: (
    <>
      <path d="M2 5.2h11M10.2 2.4 13 5.2l-2.8 2.8M14 10.8H3M5.8 8 3 10.8l2.8 2.8" />
    </>
  ),
  distil: (
    <>
      <path d="M6 2v4.2L2.6 12.4c-.5.9.1 1.8 1.1 1.8h8.6c1 0 1.6-.9 1.1-1.8L10 6.2V2M4.8 2h6.4M4.4 10h7.2" />
    </>
  ),
  prune: (
    <>
      <circle cx="4" cy="4" r="1.8" />
      <circle cx="4" cy="12" r="1.8" />
      <path d="M5.4 5.2 13.5 12M5.4 10.8 13.5 4" />
    </>
  ),
  quant: (
    <>
      <path d="M1.8 13.2h2.9V9.6h3.1V6.2h3.1V2.8h3.3" />
      <path d="M1.8 13.2h12.4" opacity=".45" />
    </>
  ),
  speed: (
    <>
      <path d="M9 1.8 3.2 9h4.3L6.8 14.2 12.8 7H8.4z" />
    </>
  ),
  adapt: (
    <>
      <path d="M8 1.8v3M8 11.2v3M1.8 8h3M11.2 8h3" />
      <circle cx="8" cy="8" r="3.2" />
    </>
  ),
  gauge: (
    <>
      <path d="M2.7 12.6a6.2 6.2 0 1 1 10.6 0" />
      <path d="M8 9.4 10.8 6" />
      <circle cx="8" cy="9.6" r=".8" />
    </>
  ),
  export: (
    <>
      <path d="M8 9.8V2M5.2 4.6 8 1.8l2.8 2.8M2.5 9.5v4h11v-4" />
    </>
  ),
  jobs: (
    <>
      <path d="M5.8 3.8H14M5.8 8H14M5.8 12.2H14" />
      <path d="m1.8 3.6.9.9 1.4-1.6" />
      <circle cx="2.9" cy="8" r=".6" />
      <circle cx="2.9" cy="12.2" r=".6" />
    </>
  ),
  compare: (
    <>
      <path d="M2.2 2v11.8H14" />
      <circle cx="5.6" cy="6" r="1.1" />
      <circle cx="8.2" cy="9.2" r="1.1" />
      <circle cx="12.2" cy="10.6" r="1.1" />
    </>
  ),
  chat: (
    <>
      <path d="M2 3h12v8.4H7.6L4.4 14v-2.6H2z" />
      <path d="M5 6.2h6M5 8.6h3.6" />
    </>
  ),
  gear: (
    <>
      <circle cx="8" cy="8" r="2.1" />
      <path d="M8 1.8v1.9M8 12.3v1.9M1.8 8h1.9M12.3 8h1.9M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.4" />
      <path d="m10.3 10.3 3.5 3.5" />
    </>
  ),
  theme: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 2.2v11.6a5.8 5.8 0 0 0 0-11.6z" fill="currentColor" stroke="none" />
    </>
  ),
  pause: (
    <>
      <path d="M5.6 3.5v9M10.4 3.5v9" />
    </>
  ),
  x: (
    <>
      <path d="m4 4 8 8M12 4l-8 8" />
    </>
  ),
  play: (
    <>
      <path d="M5 3.2v9.6L12.6 8z" />
    </>
  ),
  check: (
    <>
      <path d="m3 8.6 3.2 3.2L13 4.6" />
    </>
  ),
  warn: (
    <>
      <path d="M8 2.2 14.4 13.4H1.6z" />
      <path d="M8 6.6v3.2M8 11.6v.1" />
    </>
  ),
  cr: (
    <>
      <path d="m6 3.5 4.5 4.5L6 12.5" />
    </>
  ),
  cd: (
    <>
      <path d="M3.5 6 8 10.5 12.5 6" />
    </>
  ),
  up: (
    <>
      <path d="M8 13V3M4 7l4-4 4 4" />
    </>
  ),
  down: (
    <>
      <path d="M8 3v10M4 9l4 4 4-4" />
    </>
  ),
  right: (
    <>
      <path d="M2.5 8h11M9.5 4l4 4-4 4" />
    </>
  ),
  plus: (
    <>
      <path d="M8 3v10M3 8h10" />
    </>
  ),
  copy: (
    <>
      <path d="M5.5 5.5h8v8h-8z" />
      <path d="M10.5 5.5v-3h-8v8h3" />
    </>
  ),
  save: (
    <>
      <path d="M8 2v8M5 7.2 8 10l3-2.8M2.5 12.8h11" />
    </>
  ),
  dots: (
    <>
      <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2" />
    </>
  ),
  cpu: (
    <>
      <path d="M4 4h8v8H4z" />
      <path d="M6.4 6.4h3.2v3.2H6.4zM6 1.8V4M10 1.8V4M6 12v2.2M10 12v2.2M1.8 6H4M1.8 10H4M12 6h2.2M12 10h2.2" />
    </>
  ),
  mem: (
    <>
      <path d="M1.8 4.5h12.4v5.8H1.8zM4 10.3v2M6.7 10.3v2M9.3 10.3v2M12 10.3v2M4.6 6.6v1.6M8 6.6v1.6M11.4 6.6v1.6" />
    </>
  ),
  gpu: (
    <>
      <path d="M1.8 3v10.5M1.8 4.5h12.4v6.8H1.8" />
      <circle cx="8.2" cy="7.9" r="1.9" />
      <path d="M12 13.2v-1.9" />
    </>
  ),
  disk: (
    <>
      <path d="M3.6 3h8.8l1.8 6v4H1.8V9zM1.8 9h12.4M11.4 11.1h.2" />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.4v3.4M8 5.2v.1" />
    </>
  ),
  filter: (
    <>
      <path d="M2 4h12M4.4 8h7.2M6.6 12h2.8" />
    </>
  ),
  cols: (
    <>
      <path d="M2 3h12v10H2zM6 3v10M10 3v10" />
    </>
  ),
  reset: (
    <>
      <path d="M3 3v3.4h3.4M3.3 6.2A5.3 5.3 0 1 1 2.8 9" />
    </>
  ),
  doc: (
    <>
      <path d="M9.6 2.6h3.8v3.8M13.2 2.8 7.6 8.4M6.4 3.6H2.6v9.8h9.8V9.6" />
    </>
  ),
  flag: (
    <>
      <path d="M3.5 14V2.5h8.8L10.6 5.6l1.7 3.1H3.5" />
    </>
  ),
  folder: (
    <>
      <path d="M1.8 4.2v8.6h12.4V5.6H8L6.4 3.4H1.8z" />
    </>
  ),
  upload: (
    <>
      <path d="M8 11V3M5 5.8 8 2.8l3 3M2.5 10.5v3h11v-3" />
    </>
  ),
  trash: (
    <>
      <path d="M2.8 4.4h10.4M6.2 4.2V2.4h3.6v1.8M4.2 4.4l.6 9h6.4l.6-9M6.8 7v4M9.2 7v4" />
    </>
  ),
  keyboard: (
    <>
      <rect x="1.8" y="4" width="12.4" height="8" rx="1.2" />
      <path d="M4.4 6.6h.1M6.8 6.6h.1M9.2 6.6h.1M11.6 6.6h.1M5 9.6h6" />
    </>
  ),
  left: (
    <>
      <path d="M13 8H3M6.6 4.4 3 8l3.6 3.6" />
    </>
  ),
  link: (
    <>
      <path d="M6.6 3.2H3v9.8h9.8V9.4M9.4 2.6h4v4M13.2 2.8 7.4 8.6" />
    </>
  ),
  minus: (
    <>
      <path d="M3 8h10" />
    </>
  ),
  fitview: (
    <>
      <path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />
    </>
  ),
  pencil: (
    <>
      <path d="m3 13 .8-3.2 7-7 2.4 2.4-7 7zM9.4 4.2l2.4 2.4" />
    </>
  ),
} as const satisfies Record<string, ReactNode>;

export type IconName = keyof typeof ICONS;
