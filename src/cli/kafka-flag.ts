/** Which broker: one to read from, or one that takes the stand-in's place in the experiment. */
import { Flags } from '@oclif/core';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';

export const kafkaFlag = {
  kafka: Flags.string({
    description: 'brokers, comma separated',
    default: 'localhost:9092',
    helpValue: 'HOST:PORT',
    env: 'KAFKA_BOOTSTRAP',
  }),
};

export const realBrokerFlags = {
  kafka: Flags.string({ description: 'a broker that runs already, in place of the stand-in', helpValue: 'HOST:PORT' }),
  'kafka-pid': Flags.integer({
    description: "process of that broker, if it is on this machine: A4 then stops it, as it does the stand-in's",
    dependsOn: ['kafka'],
    min: 2,
    helpValue: 'PID',
  }),
};

const BROKER = /^[A-Za-z0-9.-]{1,253}:\d{1,5}$/;

export function brokersOf(text: string): string[] {
  const brokers = text.split(',');
  if (brokers.every((broker) => BROKER.test(broker))) return brokers;
  throw new MexError(`--kafka ${text}: expected host:port, several separated by commas`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'For example: --kafka localhost:9092',
  });
}
