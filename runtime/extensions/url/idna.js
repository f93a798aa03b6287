// Stands for the package tr46 in whatwg-url: ICU knows the tables already.

import { url_domain_to_ascii as domainToAscii } from 'evald:ops';

// The domain in ASCII, as UTS #46 has it for the URL Standard; null if it is none.
export const toASCII = (domain) => domainToAscii(domain) ?? null;
