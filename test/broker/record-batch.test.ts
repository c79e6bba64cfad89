import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/broker/wire/crc32c.ts';
import { ERROR } from '../../src/broker/wire/error-codes.ts';
import { BATCH_BYTES_MAX, refusalOf, withBaseOffset } from '../../src/broker/wire/record-batch.ts';
import { recordBatch } from './batches.ts';

it('the checksum is CRC-32C: the check value of the standard', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

const changed = (change: (batch: Buffer) => void): Buffer => {
  const batch = recordBatch();
  change(batch);
  return batch;
};

describe('a batch', () => {
  it.each([
    ['as it should be is taken', recordBatch(), ERROR.none],
    [
      'with any flipped bit of its records is refused',
      changed((batch) => batch.writeUInt8(0xff, 65)),
      ERROR.corruptMessage,
    ],
    ['with another checksum is refused', changed((batch) => batch.writeUInt32BE(1, 17)), ERROR.corruptMessage],
    ['of an older format is refused', changed((batch) => batch.writeInt8(1, 16)), ERROR.unsupportedForMessageFormat],
    ['shorter than its header is refused', Buffer.alloc(30), ERROR.corruptMessage],
    ['larger than Kafka takes is refused', Buffer.alloc(BATCH_BYTES_MAX + 1), ERROR.messageTooLarge],
    ['with a second one behind it is refused', Buffer.concat([recordBatch(), recordBatch()]), ERROR.corruptMessage],
    ['of a transaction is refused', recordBatch({ attributes: 0x10 }), ERROR.unsupportedVersion],
    ['without records is refused', recordBatch({ recordCount: 0 }), ERROR.invalidRecord],
  ])('%s', (_name, batch, code) => {
    expect(refusalOf(batch)).toBe(code);
  });

  it('keeps every byte that its checksum covers when it gets its offset', () => {
    const batch = recordBatch();
    const kept = withBaseOffset(batch, 41);
    expect(kept.readBigInt64BE(0)).toBe(41n);
    expect(kept.subarray(16)).toEqual(batch.subarray(16));
  });
});
