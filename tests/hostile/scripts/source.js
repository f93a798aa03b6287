// Source texts that are a trap for who compiles them, and modules. The format of these files:
// tests/hostile/corpus.h.

//## line-of-ten-megabytes
//# repeat: @@ 1000000 +111111111
//# expect: value
//# expect: throws RangeError
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: a million operands may be too many for the parser's stack, for its time or for the heap
//# wall: 5000
0@@;

//## comment-of-ten-megabytes
//# repeat: @@ 10000000 x
//# expect: value 1
/*@@*/ 1;

//## string-of-ten-megabytes
//# repeat: @@ 10000000 x
//# expect: value 10000000
'@@'.length;

//## syntax-error-in-a-line-of-ten-megabytes
//# repeat: @@ 1000000 'x' + 1 +
//# expect: throws SyntaxError
//# expect: throws RangeError
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: a million operands may be too many for the parser's stack or for its time
//# wall: 5000
@@ ? ;

//## a-million-parentheses
//# repeat: @@ 1000000 (
//# repeat: %% 1000000 )
//# expect: throws RangeError
//# expect: throws SyntaxError
//# why: the parser says which of the two its overflowing stack is
@@1%%;

//## a-million-brackets-unclosed
//# repeat: @@ 1000000 [
//# expect: throws RangeError
//# expect: throws SyntaxError
//# why: the parser says which of the two its overflowing stack is
@@;

//## a-hundred-thousand-arrays
//# repeat: @@ 100000 [
//# repeat: %% 100000 ]
//# expect: throws RangeError
//# expect: throws SyntaxError
//# why: the parser says which of the two its overflowing stack is
@@1%%;

//## a-hundred-thousand-blocks
//# repeat: @@ 100000 {
//# repeat: %% 100000 }
//# expect: throws RangeError
//# expect: throws SyntaxError
//# why: the parser says which of the two its overflowing stack is
@@1%%;

//## a-hundred-thousand-functions
//# repeat: @@ 100000 ()=>
//# expect: throws RangeError
//# expect: throws SyntaxError
//# why: the parser says which of the two its overflowing stack is
@@1;

//## a-hundred-thousand-templates
//# repeat: @@ 100000 `${
//# repeat: %% 100000 }`
//# expect: throws RangeError
//# expect: throws SyntaxError
//# why: the parser says which of the two its overflowing stack is
@@1%%;

//## a-hundred-thousand-negations
//# repeat: @@ 100000 !
//# expect: throws RangeError
//# expect: throws SyntaxError
//# expect: value false
//# why: the parser may take them in a loop
@@1;

//## a-hundred-thousand-ternaries
//# repeat: @@ 100000 1?
//# repeat: %% 100000 :0
//# expect: throws RangeError
//# expect: throws SyntaxError
//# why: the parser says which of the two its overflowing stack is
@@1%%;

//## a-hundred-thousand-else-ifs
//# repeat: @@ 100000 if(0);else 
//# expect: throws RangeError
//# expect: throws SyntaxError
//# why: the parser says which of the two its overflowing stack is
@@1;

//## a-hundred-thousand-properties
//# repeat: @@ 100000 .a
//# expect: throws TypeError
//# expect: throws RangeError
//# why: the parser takes them in a loop, but the compiler may not
const o = {};
o@@;

//## a-hundred-thousand-parameters
//# repeat: @@ 100000 a,
//# expect: throws SyntaxError
(function (@@b) {});

//## a-hundred-thousand-variables
//# repeat: @@ 100000 let q=1;{
//# repeat: %% 100000 }
//# expect: throws RangeError
//# expect: throws SyntaxError
//# why: the parser says which of the two its overflowing stack is
@@1%%;

//## regexp-too-big
//# expect: throws SyntaxError
//# expect: value false
//# why: V8 may see from the length of the text that it cannot match
new RegExp('(?:(?:(?:(?:a{1000}){1000}){1000}){1000})').test('a');

//## regexp-nested-deeply
//# expect: throws SyntaxError
//# expect: throws RangeError
//# why: V8's regexp parser reports its overflowing stack as one or the other
new RegExp('('.repeat(1e6) + ')'.repeat(1e6));

//## regexp-of-many-alternatives
//# expect: value false
//# expect: throws SyntaxError
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: compiling it takes time and memory beside the heap
//# wall: 3000
new RegExp(Array.from({ length: 3e5 }, (_, i) => 'x' + i).join('|'), 'i').test('y');

//## eval-nested-deeply
//# expect: throws RangeError
//# expect: throws SyntaxError
//# expect: throws EvalError
//# why: the parser says which of the two its overflowing stack is; without code from strings there is no eval
let s = '1';
const again = (n) => eval('n === 0 ? 1 : again(n - 1)');
again(1e6);

//## byte-order-marks-and-separators
//# expect: value 3
﻿1; 2;
3;

//## html-like-comments
//# expect: value 1
1;
<!-- x
--> y

//## import-of-nothing
//# module
//# expect: throws TypeError
import x from 'nothing-of-that-name';
export default x;

//## import-of-a-file
//# module
//# expect: throws TypeError
import x from 'file:///etc/passwd';
export default x;

//## import-of-a-hostile-specifier
//# module
//# repeat: @@ 100000 ../
//# expect: throws TypeError
import x from '@@etc/passwd\0\ud800\n';
export default x;

//## import-of-a-long-specifier
//# module
//# repeat: @@ 1000000 x
//# expect: throws TypeError
import x from '@@';
export default x;

//## import-of-itself
//# module
//# expect: throws TypeError
import x from 'eval.js';
export default x;

//## imports-overwritten
//# module
//# expect: throws TypeError
import { a } from 'outer';
a = () => 'mine';
export default a();

//## import-of-the-same-in-a-cycle-of-promises
//# module
//# expect: value ["ab","ab","ab"]
const again = async (n) => (n === 0 ? [] : [(await import('outer')).a(), ...(await again(n - 1))]);
export default again(3);

//## import-of-a-missing-export
//# module
//# expect: throws SyntaxError
import { c } from 'outer';
export default c;

//## dynamic-import-of-nothing
//# expect: throws TypeError
import('nothing-of-that-name');

//## dynamic-import-with-a-trap
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
import({ toString() { for (;;); } });

//## dynamic-import-without-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: either may be first
//# wall: 2000
(async () => {
  for (let i = 0; ; i++) await import('nothing' + i).catch(() => {});
})();

//## module-namespace-as-the-result
//# module
//# expect: throws DataCloneError
import * as everything from 'outer';
export default everything;

//## module-that-never-gets-to-its-end
//# module
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
export default 1;
for (;;);

//## module-that-throws-null
//# module
//# expect: throws Uncaught: null
throw null;

//## module-with-a-hostile-default
//# module
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
export default { get x() { for (;;); } };

//## import-meta
//# module
//# expect: value ["resolve","url"]
export default Object.keys(import.meta).sort();
