/** Rows of a list that the engine holds, asked for a page at a time as they come into view. */
import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useCallback, useState } from 'react';

const PAGE = 100;

export interface PageOf<T> {
  readonly total: number;
  readonly items: readonly T[];
}

export interface PagedRows<T> {
  readonly total: number;
  readonly loading: boolean;
  readonly error: unknown;
  readonly at: (index: number) => T | undefined;
  /** Told by the table which rows it draws. */
  readonly show: (first: number, count: number) => void;
  readonly again: () => void;
}

/** @param key whatever the answer depends on: kind, search, order */
export function usePaged<T>(
  key: readonly unknown[],
  ask: (offset: number, limit: number) => Promise<PageOf<T>>,
): PagedRows<T> {
  const [range, setRange] = useState({ from: 0, to: 0 });
  const numbers = [...new Set([0, ...Array.from({ length: range.to - range.from + 1 }, (_, i) => range.from + i)])];
  const pages = useQueries({
    queries: numbers.map((number) => ({
      queryKey: [...key, 'page', number],
      queryFn: () => ask(number * PAGE, PAGE),
      placeholderData: keepPreviousData,
    })),
  });
  const show = useCallback((first: number, count: number) => {
    const from = Math.floor(first / PAGE);
    const to = Math.floor(Math.max(first, first + count - 1) / PAGE);
    setRange((old) => (old.from === from && old.to === to ? old : { from, to }));
  }, []);
  const pageOf = new Map(numbers.map((number, index) => [number, pages[index]]));
  const any = pages.find((page) => page.data !== undefined);
  return {
    total: any?.data?.total ?? 0,
    loading: any === undefined && pages.some((page) => page.isPending),
    error: any === undefined ? pages.find((page) => page.isError)?.error : undefined,
    at: (index) => {
      const page = pageOf.get(Math.floor(index / PAGE));
      return page?.isPlaceholderData === true && index >= PAGE ? undefined : page?.data?.items[index % PAGE];
    },
    show,
    again: () => void Promise.all(pages.map((page) => page.refetch())),
  };
}

/** Rows that are already here. */
export function heldRows<T>(items: readonly T[]): PagedRows<T> {
  return {
    total: items.length,
    loading: false,
    error: undefined,
    at: (index) => items[index],
    show: () => {},
    again: () => {},
  };
}
