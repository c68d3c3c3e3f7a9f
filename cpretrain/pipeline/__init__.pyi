from .demo import run_demo as run_demo
from .experiment import Experiment as Experiment
from .experiment import read_experiment as read_experiment
from .experiment import run_experiment as run_experiment
from .movie_info import describe_movies as describe_movies
