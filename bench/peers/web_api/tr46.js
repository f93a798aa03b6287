// Stands for the package tr46 and its tables, which evald takes from ICU: domains are as they are.
export const toASCII = (domain) => domain.toLowerCase();
