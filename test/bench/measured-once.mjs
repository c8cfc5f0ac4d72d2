/** For figures that hardly differ from run to run: each is measured when it is first asked for, and then known by its name. */
export function measuredOnce() {
  const known = new Map();
  return (name, measure) => async (context) => {
    if (!known.has(name)) known.set(name, await measure(context));
    return known.get(name);
  };
}
