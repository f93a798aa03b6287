import { render } from 'preact';
import { signal } from '@preact/signals';
import './style.css';

const version = signal('');

render(<h1>evald {version}</h1>, document.getElementById('app')!);
