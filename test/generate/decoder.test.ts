/** Decoding with the cache gives what scoring whole sequences gave in PyTorch. */
import { describeDecoder } from './decoder-contract.ts';

await describeDecoder('direct');
