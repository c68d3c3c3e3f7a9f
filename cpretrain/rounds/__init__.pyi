from .finish import Finished as Finished
from .finish import finish_round as finish_round
from .start import Started as Started
from .start import start_round as start_round
from .status import round_status as round_status
