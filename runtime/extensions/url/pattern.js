// URLPattern of the URL Pattern Standard, which is the package's.

import { URLPattern } from 'urlpattern-polyfill/urlpattern';
import { showFields } from 'evald:console';
import { finish } from './shapes.js';

// Of an older draft.
delete URLPattern.compareComponent;
finish(URLPattern, 'URLPattern');
showFields(URLPattern, ({ protocol, username, password, hostname, port, pathname, search, hash }) => {
  return { protocol, username, password, hostname, port, pathname, search, hash };
});

export { URLPattern };
