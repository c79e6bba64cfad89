/** HTTP as a hostile client writes it: bytes into a socket, and what comes back, until the server closes or is quiet. */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: Map<string, string>;
  body: string;
}

const QUIET_MS = 100;
/** Nothing came back at all. */
const SILENT_MS = 5_000;

/** Sends the pieces, the next one when something came back or after a moment. Resolves with the answers in order. */
export function exchange(
  port: number,
  ...pieces: (string | Buffer)[]
): Promise<{ answers: RawAnswer[]; isClosed: boolean }> {
  return new Promise((resolve, reject) => {
    let text = '';
    let isClosed = false;
    const socket = connect(port, '127.0.0.1');
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answers: answersIn(text), isClosed });
    };
    let timer = setTimeout(next, 0);
    function next(): void {
      const piece = pieces.shift();
      const isLast = pieces.length === 0;
      timer = setTimeout(isLast ? finish : next, isLast && text === '' ? SILENT_MS : QUIET_MS);
      if (piece !== undefined && socket.writable) socket.write(piece);
    }
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      clearTimeout(timer);
      if (pieces.length > 0) next();
      else timer = setTimeout(finish, QUIET_MS);
    });
    socket.on('error', (thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'ECONNRESET' && thrown.code !== 'EPIPE') reject(thrown);
    });
    socket.on('close', () => {
      isClosed = true;
      try {
        finish();
      } catch (thrown) {
        reject(thrown);
      }
    });
  });
}

export function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}

export function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== ''; ) {
    const [, head = '', behind = ''] = /^(HTTP\/1\.[01] [\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(rest) ?? [];
    if (head === '') throw new Error(`no HTTP answer: ${rest.slice(0, 200)}`);
    const [line = '', ...fields] = head.split('\r\n');
    const headers = new Map(
      fields.map((field) => [field.split(':', 1)[0]?.toLowerCase() ?? '', field.replace(/^[^:]*: */, '')]),
    );
    const length = Number(headers.get('content-length') ?? 0);
    answers.push({ status: Number(line.split(' ')[1]), headers, body: behind.slice(0, length) });
    rest = behind.slice(length);
  }
  return answers;
}
