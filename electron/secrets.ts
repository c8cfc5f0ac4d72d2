/** Secrets of the engine (the hub's token), encrypted with the system keychain's key in one file. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { safeStorage } from 'electron';
import type { EngineToShell, ShellToEngine } from '../app/contract/shell.ts';

type Request = Extract<EngineToShell, { kind: 'secret' }>;
type Answer = Extract<ShellToEngine, { kind: 'secret' }>;

/** On Linux without a keyring Electron falls back to a fixed password (older ones without saying so): no keychain. */
function keychainThere(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  if (process.platform !== 'linux') return true;
  return /^(gnome_libsecret|kwallet)/.test(safeStorage.getSelectedStorageBackend?.() ?? 'unknown');
}

function read(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

function write(file: string, secrets: Record<string, string>): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, JSON.stringify(secrets), { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

export function answerSecret(file: string, { id, action, name, value }: Request): Answer {
  if (!keychainThere()) return { kind: 'secret', id, value: null, kept: 'unavailable' };
  const { [name]: stored, ...others } = read(file);
  if (action === 'set' && value !== undefined) {
    write(file, { ...others, [name]: safeStorage.encryptString(value).toString('base64') });
  } else if (action === 'remove') {
    write(file, others);
  }
  let found: string | null = null;
  if (action === 'get' && stored !== undefined) {
    try {
      found = safeStorage.decryptString(Buffer.from(stored, 'base64'));
    } catch {
      found = null; // Encrypted under another login: as good as none.
    }
  }
  return { kind: 'secret', id, value: found, kept: 'keychain' };
}
