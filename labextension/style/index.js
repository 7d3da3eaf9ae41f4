import './base.css';
import './cells.css';
import './record.css';
