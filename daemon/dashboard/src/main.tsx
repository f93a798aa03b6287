import { render } from 'preact';
import { stayConnected } from './live';
import { Page } from './page';
import './style.css';
import { startTheme } from './theme';
import { takeTokenFromAddress } from './token';

takeTokenFromAddress();
addEventListener('hashchange', takeTokenFromAddress);
startTheme();
render(<Page />, document.getElementById('app')!);
void stayConnected();
