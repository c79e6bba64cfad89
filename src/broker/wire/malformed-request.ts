/** A request that does not follow the protocol: the connection is closed, as Kafka does. */
export class MalformedRequest extends Error {
  constructor(found: string) {
    super(`malformed request: ${found}`);
    this.name = 'MalformedRequest';
  }
}
