/** The command line of somebody who has a kind of set of their own. */
import './low-rank';
import '../../lib/cli';
