/** The command line of somebody who has a matching loss of their own. */
import './scaled-means';
import '../../lib/cli';
