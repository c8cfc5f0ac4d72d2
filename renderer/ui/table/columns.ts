/** A table's columns, and which of them this user wants to see. */
import type { ReactNode } from 'react';
import { useState } from 'react';

export interface Column<T> {
  readonly key: string;
  /** With the unit: "Size, MB". */
  readonly head: string;
  /** Hover over the head: what this is. */
  readonly help?: string;
  /** CSS grid track: `minmax(120px, 2fr)`, `96px`. */
  readonly width: string;
  readonly number?: boolean;
  readonly sortable?: boolean;
  /** Cannot be hidden. */
  readonly fixed?: boolean;
  /** Shown only when the user asks for it. */
  readonly extra?: boolean;
  readonly cell: (row: T) => ReactNode;
}

export interface Order {
  readonly key: string;
  readonly descending: boolean;
}

export interface ShownColumns<T> {
  readonly shown: readonly Column<T>[];
  readonly all: readonly Column<T>[];
  readonly isShown: (key: string) => boolean;
  readonly toggle: (key: string) => void;
}

/** @param table name under which the choice is kept in this browser */
export function useColumns<T>(table: string, all: readonly Column<T>[]): ShownColumns<T> {
  const place = `lathe.columns.${table}`;
  const [changed, setChanged] = useState<readonly string[]>(() => {
    const kept: unknown = JSON.parse(localStorage.getItem(place) ?? '[]');
    return Array.isArray(kept) ? kept.filter((key) => typeof key === 'string') : [];
  });
  const isShown = (key: string): boolean => {
    const column = all.find((one) => one.key === key);
    return column !== undefined && (column.extra === true) === changed.includes(key);
  };
  const toggle = (key: string): void => {
    const next = changed.includes(key) ? changed.filter((one) => one !== key) : [...changed, key];
    localStorage.setItem(place, JSON.stringify(next));
    setChanged(next);
  };
  return { all, shown: all.filter(({ key }) => isShown(key)), isShown, toggle };
}
