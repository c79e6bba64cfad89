/** k6 has it, its types do not. */
declare const console: { log(text: string): void; warn(text: string): void };
