import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { schemaProblems } from './schema.ts';

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: s, labels: { a: b } }
spec: { selector: { app: x }, ports: [{ name: http, port: 80, targetPort: http }] }
`;

describe('the schema', () => {
  it('finds nothing in an object that is right', async () => {
    expect(await schemaProblems(parse(SERVICE))).toEqual([]);
  });

  it.each([
    ['a field that is misspelt', 'targetPort', 'targetPrt', '/spec/ports/0/targetPrt: no such field'],
    ['one at the top', 'spec:', 'data: 1\nspec:', '/data: no such field'],
    ['a wrong type', 'port: 80', 'port: many', '/spec/ports/0/port: type {"type":"integer"}'],
    ['what is lacking', 'port: 80, ', '', '/spec/ports/0: required {"missingProperty":"port"}'],
  ])('finds %s', async (_what, from, to, problem) => {
    expect(await schemaProblems(parse(SERVICE.replace(from, to)))).toContain(problem);
  });

  it('does not know a kind that is none', async () => {
    await expect(schemaProblems(parse(SERVICE.replace('kind: Service', 'kind: Servise')))).rejects.toThrow();
  });
});
