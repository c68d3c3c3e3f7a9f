"""Steps of cpretrain as functions. Jython; belongs into Fiji's folder jars/Lib, and is imported from cpretrain_fiji.

Each takes further settings by the names of the options of its command (``cpretrain COMMAND --help``), and runs in a Python
that is looked for, or that is named with `python`; those that belong together can share a `job`.
"""

from cpretrain_images import save_image
from cpretrain_job import Job
from cpretrain_labels import open_labels, put_rois
from cpretrain_python import Failed
from ij import IJ, ImagePlus, WindowManager
from java.io import File
from java.nio.file import Files


def segment(images=None, model=None, rois=None, job=None, python=None, **settings):
    """Segment an image that is open, or all movies of a folder.

    Parameters
    ----------
    images : ij.ImagePlus, java.io.File or unicode, optional
        An image (by default the current one), frame by frame; or a movie on disk, or a folder of them.
    model : java.io.File or unicode
        A model folder, a file of weights, or a name from Cellpose's zoo.
    rois : unicode, optional
        For an image: put the outlines onto it, ``"as an overlay"`` or ``"in the ROI Manager"``.
    settings
        Of ``cpretrain predict``. For movies on disk, `out` is the folder of results (default: ``segmented`` beside them).

    Returns
    -------
    ij.ImagePlus or dict
        The label image, not yet shown; for movies on disk the answer of the command.
    """
    job = job or Job("Segment movies", python)
    if images is None or isinstance(images, ImagePlus):
        return _segment_image(job, images or _open_image(), model, rois, settings)
    movies = File(unicode(images))
    out = settings.pop("out", None) or File(movies.getAbsoluteFile().getParentFile(), "segmented")
    return job.run("predict", model, movies, out=out, rois=bool(rois), **settings)


def start_round(images, job=None, python=None, **settings):
    """Choose crops to draw, and predict them (``cpretrain round start``)."""
    answer = (job or Job("Start round", python)).run("round start", images, **settings)
    IJ.log(u"Round %s is started. Draw or correct the cells in QuPath; the crops are in" % answer["round"])
    for folder in answer["folders"]:
        IJ.log(u"    " + folder)
    if answer["project"]:
        IJ.log(u"Open in QuPath: " + answer["project"])
        IJ.log(u"Correct and save each image, then: Automate \u203a Project scripts \u203a export_and_retrain, Run")
    return answer


def finish_round(folder, job=None, python=None, **settings):
    """Take in what was drawn, retrain on all rounds, and score (``cpretrain round finish``)."""
    answer = (job or Job("Finish round", python)).run("round finish", folder, **settings)
    for line in [answer["scores"]] + list(answer["warnings"]) + [u"The model is in " + answer["model"]]:
        IJ.log(line)
    return answer


def combine(classes, out, job=None, python=None, **settings):
    """Put results of several models together; `classes` is a list of pairs of a class and its folder of label images."""
    named = [u"%s=%s" % (name, folder) for name, folder in classes]
    answer = (job or Job("Combine classes", python)).run("combine", *named, out=out, **settings)
    for name, facts in sorted(answer["classes"].items()):
        IJ.log(u"%s: %d objects, %d of them lost pixels to another class; %d left out"
               % (name, facts["objects"], facts["cut"], facts["dropped"]))
    return answer


def track(predictions, images=None, out=None, job=None, python=None, **settings):
    """Link the objects of consecutive frames in a folder of label images to tracks (``cpretrain track``)."""
    answer = (job or Job("Track objects", python)).run("track", predictions, images=images, out=out, **settings)
    for movie in answer["movies"]:
        IJ.log(movie["said"])
    return answer


def agree(first, second, job=None, python=None, **settings):
    """Compare what two people drew on the same images (``cpretrain agree``)."""
    answer = (job or Job("Agreement of two people", python)).run("agree", first, second, **settings)
    IJ.log(u"agreement of two people on %s images: average precision, mean of images" % answer["images"])
    for threshold, mean in sorted(answer["average_precision"].items()):
        IJ.log(u"    %s at IoU %s (95 %% interval %s)" % (
            number(mean["mean"]), threshold, u" to ".join([number(mean["low_95"]), number(mean["high_95"])])))
    for warning in answer["warnings"]:
        IJ.log(u"note: " + warning)
    return answer


def doctor(job=None, python=None):
    """Say what is there and what is missing (``cpretrain doctor``), for this Fiji."""
    facts = (job or Job("Doctor", python)).run("doctor")
    for name, fact in sorted(facts.items()):
        if "found" in fact:
            IJ.log(u"%s  %s: %s" % (u"found" if fact["found"] else u"missing", name, fact["what"]))
            if fact["cure"]:
                IJ.log(u"    \u2192 " + fact["cure"])
    return facts


def number(value):
    """A score as text; a dash where there is none."""
    return u"\u2013" if value is None else u"%.3f" % value


def _open_image():
    image = WindowManager.getCurrentImage()
    if image is None:
        raise Failed(u"No image is open. Open an image or a stack, or choose a folder of movies.")
    return image


def _segment_image(job, image, model, rois, settings):
    """Segment an image by way of a folder that is taken away again."""
    folder = Files.createTempDirectory("cpretrain").toFile()
    try:
        answer = job.run("predict", model, save_image(image, folder), out=File(folder, "segmented"), rois=bool(rois),
                         **settings)
        (movie,) = answer["movies"]
        labels = open_labels(movie["labels"])
        labels.setTitle(u"labels of " + image.getTitle())
        labels.setCalibration(image.getCalibration())
        for archive in [other for other in movie["others"] if other.endswith("_RoiSet.zip")]:
            put_rois(image, File(archive), rois)
        IJ.log(u"%s: %s objects" % (image.getTitle(), movie["objects"]))
        return labels
    finally:
        _remove(folder)


def _remove(folder):
    for file in folder.listFiles() or []:
        if file.isDirectory():
            _remove(file)
        else:
            Files.deleteIfExists(file.toPath())
    Files.deleteIfExists(folder.toPath())
