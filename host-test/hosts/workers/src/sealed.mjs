// Settings at rest: AES-GCM, with a key that is a secret of the Worker's and stands beside no data.

const BYTES = { key: 32, iv: 12 };

async function key(/** @type {string | undefined} */ secret) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(secret ?? ''), (letter) => letter.charCodeAt(0));
  } catch {
    bytes = [];
  }
  if (bytes.length !== BYTES.key) {
    const message = 'the secret SETTINGS_KEY isn\'t 32 bytes in base64: make one with `openssl rand -base64 32`';
    throw Object.assign(new Error(message), { kind: 'invalid-settings' });
  }
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** Binds a text to its account: settings that are sealed for one can't be opened as another's. */
const of = (/** @type {string} */ account) => new TextEncoder().encode(`settings of ${account}`);

/** Encrypts a value that JSON can hold. */
export async function seal(secret, account, value) {
  const iv = crypto.getRandomValues(new Uint8Array(BYTES.iv));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: of(account) }, await key(secret), plain);
  return { iv, data: new Uint8Array(data) };
}

export async function unseal(secret, account, { iv, data }) {
  const opened = await key(secret);
  try {
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: of(account) }, opened, data);
    return JSON.parse(new TextDecoder().decode(plain));
  } catch {
    const message = 'the stored settings can\'t be decrypted with this SETTINGS_KEY: give the old key back, or add the account again';
    throw Object.assign(new Error(message), { kind: 'invalid-settings' });
  }
}
