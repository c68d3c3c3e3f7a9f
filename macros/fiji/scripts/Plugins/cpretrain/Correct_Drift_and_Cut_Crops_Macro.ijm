// Correct the drift of all movies of a folder, and cut training crops: a macro that calls the command line.
// It waits until all is done, without showing progress; the other scripts of this menu show it.
// From another macro:  runMacro("PATH OF THIS FILE", python + "\n" + folder + "\n" + channel + "\n" + size);

macro "Correct Drift and Cut Crops" {
    setting = getDirectory("imagej") + "jars/Lib/cpretrain_python.txt"; // written by cpretrain fiji-scripts --install
    python = "";
    if (File.exists(setting))
        python = String.trim(File.openAsRawString(setting));
    if (getArgument() != "") {
        given = split(getArgument(), "\n");
        if (given.length != 4)
            exit("expected four lines: python, folder, channel and size of the crops");
        python = given[0];
        folder = given[1];
        channel = given[2];
        size = given[3];
    } else {
        Dialog.create("Correct drift and cut crops");
        Dialog.addDirectory("Folder of raw movies", "");
        Dialog.addNumber("Channel to measure", 1);
        Dialog.addNumber("Size of a crop (pixels)", 100);
        Dialog.addFile("Python with cpretrain", python);
        Dialog.show();
        folder = Dialog.getString();
        channel = d2s(Dialog.getNumber(), 0);
        size = d2s(Dialog.getNumber(), 0);
        python = Dialog.getString();
    }
    if (!File.exists(python))
        exit("There is no Python with cpretrain: '" + python + "'.\nType in a terminal, in the folder of cpretrain:\n"
            + "    pip install \".[cellpose3]\"\n    cpretrain fiji-scripts --install");
    folder = withoutSlash(folder);
    fiji = withoutSlash(getDirectory("imagej"));
    // exec returns what the command prints to stdout: let it print all there
    start = "import sys; sys.stderr = sys.stdout; from cpretrain.cli import main; main()";
    showStatus("cpretrain: correcting drift ...");
    check(exec(python, "-P", "-c", start, "drift", folder, "--fiji", fiji, "--channel", channel, "--quiet"));
    corrected = File.getParent(folder) + File.separator + "corrected";
    showStatus("cpretrain: cutting crops ...");
    check(exec(python, "-P", "-c", start, "crops", corrected, "--size", size, "--quiet"));
    showStatus("cpretrain: done");
}

// A slash at the end would swallow the quotation mark that Windows puts behind it.
function withoutSlash(folder) {
    if (endsWith(folder, "/") || endsWith(folder, "\\"))
        folder = substring(folder, 0, lengthOf(folder) - 1);
    return folder;
}

// Show what the command said; stop where it could do nothing.
function check(said) {
    if (said == "" || indexOf(said, "Traceback") >= 0)
        exit("There is no cpretrain in the Python chosen. Type in the folder of cpretrain:\n    pip install \".[cellpose3]\"");
    if (said.startsWith("error: "))
        exit(said);
    print(said);
}
