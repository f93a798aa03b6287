// Plots: gnuplot makes them, as SVG.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const quoted = (text) => `"${String(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

// `series`: [{ name, points: [[x, y], ...] }]. `log`: the axes that are logarithmic, as "xy".
export async function plot(file, { title, x, y, log = '', series }) {
  const style = 'using 1:2 with linespoints pointtype 7 pointsize 0.5';
  const lines = series.map(({ name }, i) => `$series${i} ${style} title ${quoted(name)}`);
  const commands = [
    'set terminal svg size 760,420 font "sans,12" background "white"',
    `set output ${quoted(file)}`,
    `set title ${quoted(title)} noenhanced`,
    `set xlabel ${quoted(x)} noenhanced`,
    `set ylabel ${quoted(y)} noenhanced`,
    'set grid',
    'set key outside right noenhanced',
    log.includes('y') ? '' : 'set yrange [0:*]',
    log ? `set logscale ${log}` : '',
    ...series.flatMap(({ points }, i) => [
      `$series${i} << EOD`,
      ...points.map((point) => point.join(' ')),
      'EOD',
    ]),
    `plot ${lines.join(', ')}`,
  ];
  const gnuplot = spawn('gnuplot', [], { stdio: ['pipe', 'ignore', 'inherit'] });
  gnuplot.stdin.end(`${commands.join('\n')}\n`);
  const [code] = await once(gnuplot, 'close');
  if (code !== 0) throw new Error(`gnuplot ended with status ${code} over ${file}`);
}
