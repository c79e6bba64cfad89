/**
 * What the image is called. Pure.
 *
 * It has two names. `mex:0.1.0` is what the manifests in the repository say, so that `kubectl apply -k` works as they
 * stand. `mex:0.1.0-1f2e3d4c5b6a` has the beginning of its content's digest: other content is another name, so a pod that
 * was made from it is replaced when the image changes, and a tag can never stand for two things. Which sources it was
 * built from is in its labels.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';

const REPOSITORY = 'mex';
const ID_CHARACTERS = 12;

export function releaseName(version: string): string {
  return `${REPOSITORY}:${tagOf(version)}`;
}

/** @param id `sha256:…`, as docker tells it. */
export function contentName(version: string, id: string, repository = REPOSITORY): string {
  return `${repository}:${tagOf(version)}-${id.replace(/^sha256:/, '').slice(0, ID_CHARACTERS)}`;
}

/** A version may have a `+`, a tag may not. */
function tagOf(version: string): string {
  return version.replace(/[^\w.-]/g, '-');
}

/** `registry.example.com:5000/team/mex`. A tag is not for the person to choose. */
export function checkRepository(text: string): string {
  const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
  const host = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\\.?)+(?::\\d{1,5})?';
  if (new RegExp(`^${host}(?:/${part})+$`).test(text)) return text;
  throw new MexError(`--registry ${text}: expected HOST/REPOSITORY without a tag`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'For example: --registry ghcr.io/me/mex',
  });
}

/** As containerd writes it: `docker.io/library/mex:0.1.0`. */
export function fullName(image: string): string {
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return `docker.io/library/${image}`;
  return /[.:]/.test(first) || first === 'localhost' ? image : `docker.io/${image}`;
}

/** As docker lists it: without the registry that it takes where none is named. */
export function familiarName(image: string): string {
  return image.replace(/^docker\.io\/(library\/)?/, '');
}
