/** The token of `lathe serve`: comes with the first address, then stays with this tab and leaves the address bar. */
const KEY = 'lathe.token';

export function accessToken(): string {
  const address = new URL(window.location.href);
  const given = address.searchParams.get('token');
  if (given !== null) {
    sessionStorage.setItem(KEY, given);
    address.searchParams.delete('token');
    window.history.replaceState(window.history.state, '', address);
  }
  return sessionStorage.getItem(KEY) ?? '';
}
