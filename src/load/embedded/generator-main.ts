/** The program that the embedded driver starts. */
import { serveGenerator } from './generator-process.ts';

serveGenerator();
